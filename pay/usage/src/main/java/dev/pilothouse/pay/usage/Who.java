package dev.pilothouse.pay.usage;

import java.util.List;

/**
 * For whom a call is made. What is not known is an empty text. Of each text the first 256 characters are kept, of tags the
 * first 16, and control characters become spaces.
 *
 * @param tenant whose row it is, not empty
 * @param key id of the key that the client called with, never the key
 * @param principal id of the person, service account or agent whose key it is
 * @param agent the agent that calls, as the client names it
 * @param session the agent's session
 * @param project the project it is counted for
 * @param user the client's own end user
 * @param tags features that the call is made for
 */
public record Who(
        String tenant,
        String key,
        String principal,
        String agent,
        String session,
        String project,
        String user,
        List<String> tags) {
    public Who {
        if (tenant.isEmpty()) {
            throw new IllegalArgumentException("A usage record belongs to a tenant");
        }
        key = Texts.kept(key);
        principal = Texts.kept(principal);
        agent = Texts.kept(agent);
        session = Texts.kept(session);
        project = Texts.kept(project);
        user = Texts.kept(user);
        tags = Texts.kept(tags);
    }

    void write(Fields.Writer to) {
        to.text(tenant)
                .text(key)
                .text(principal)
                .text(agent)
                .text(session)
                .text(project)
                .text(user)
                .texts(tags);
    }

    static Who read(Fields.Reader from) {
        return new Who(
                from.text(),
                from.text(),
                from.text(),
                from.text(),
                from.text(),
                from.text(),
                from.text(),
                from.texts());
    }
}
