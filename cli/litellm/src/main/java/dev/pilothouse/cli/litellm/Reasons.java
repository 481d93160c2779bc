package dev.pilothouse.cli.litellm;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Why members of LiteLLM's configuration that have no counterpart are left out. */
final class Reasons {
    private static final String RATE = "Left out: targets have no limits of requests or tokens a minute of their own.";
    private static final String RETRIES =
            "Left out: retries and targets that fail are the gateway's own matter, see docs/reference/gateway.md.";
    private static final String DEADLINE =
            "Left out: deadlines are the provider's: pilot providers set NAME --deadline SECONDS.";
    private static final String DEFAULTS = "Left out: the gateway sets no parameters of requests; clients say them.";
    private static final String STORE = "Left out: the server has a store of its own.";
    private static final String KEYS = "Left out: keys are made here: pilot keys create.";
    private static final String TOLD =
            "Left out: spend is told by budgets (pilot budget set NAME --notify), and calls by 'pilot usage'.";
    private static final String CACHE = "Left out: caches are declared here, not taken over.";
    private static final String GUARDS = "Left out: guards are declared here, not taken over.";

    /** Of one deployment and its {@code litellm_params}. */
    static final Map<String, String> DEPLOYMENT = reasons(Map.of(
            RATE,
            List.of(
                    "rpm",
                    "tpm",
                    "itpm",
                    "otpm",
                    "tpd",
                    "max_parallel_requests",
                    "default_api_key_tpm_limit",
                    "default_api_key_rpm_limit"),
            RETRIES,
            List.of("max_retries", "num_retries", "cooldown_time"),
            DEADLINE,
            List.of("timeout", "stream_timeout"),
            DEFAULTS,
            List.of(
                    "temperature",
                    "max_tokens",
                    "max_completion_tokens",
                    "top_p",
                    "drop_params",
                    "additional_drop_params",
                    "extra_headers",
                    "extra_body",
                    "stream",
                    "user",
                    "seed"),
            "Left out: an organisation of OpenAI is that of its key.",
            List.of("organization"),
            "Left out: regions are the provider's: pilot providers set NAME --region REGION.",
            List.of("region_name"),
            "Left out: targets are chosen by weight, fallbacks in their order.",
            List.of("order", "tags", "tag_regex"),
            "Left out: a deployment's budget is one of a tag or key here: pilot budget set NAME --scope KIND:VALUE.",
            List.of("max_budget", "budget_duration"),
            "Left out: a model is priced by its own name; import the price of this one as an overlay.",
            List.of("base_model")));

    /** Of what a deployment tells about its model. */
    static final Map<String, String> MODEL_INFO = reasons(Map.of(
            "Left out: a model is priced by its own name; import the price of this one as an overlay.",
                    List.of("base_model"),
            "Left out: what a model can do is not declared; requests go on as they came.",
                    List.of("id", "mode", "supports_vision", "supports_function_calling", "db_model", "tier"),
            "Left out: limits of a model come with its price, which this file does not state.",
                    List.of("max_tokens", "max_input_tokens", "max_output_tokens"),
            "Left out: every key may ask for every alias.", List.of("access_groups", "team_id", "blocked")));

    /** Of the router and of the library. */
    static final Map<String, String> SETTINGS = reasons(Map.of(
            RETRIES,
            List.of(
                    "num_retries",
                    "max_retries",
                    "retry_after",
                    "retry_policy",
                    "allowed_fails",
                    "cooldown_time",
                    "disable_cooldowns",
                    "model_group_retry_policy",
                    "allowed_fails_policy"),
            DEADLINE,
            List.of("timeout", "request_timeout", "stream_timeout"),
            DEFAULTS,
            List.of("drop_params", "modify_params"),
            "Left out: targets are chosen by weight, the same for all requests of a session.",
            List.of(
                    "routing_strategy",
                    "routing_strategy_args",
                    "enable_pre_call_checks",
                    "weights",
                    "enable_tag_filtering",
                    "optional_pre_call_checks"),
            "Left out: an alias falls back on errors only, not on what a request holds.",
            List.of("context_window_fallbacks", "content_policy_fallbacks"),
            STORE,
            List.of("redis_host", "redis_port", "redis_password", "redis_url"),
            CACHE,
            List.of("cache", "cache_params", "cache_responses", "caching_groups"),
            TOLD,
            List.of("callbacks", "success_callback", "failure_callback", "service_callbacks", "callback_settings"),
            GUARDS,
            List.of("guardrails"),
            "Left out: logs are set where the server is: docs/reference/configuration.md.",
            List.of("set_verbose", "json_logs", "turn_off_message_logging", "log_raw_request_response")));

    /** Of the proxy. */
    static final Map<String, String> GENERAL = reasons(Map.of(
            KEYS,
            List.of(
                    "master_key",
                    "custom_auth",
                    "litellm_key_header_name",
                    "enable_jwt_auth",
                    "litellm_jwtauth",
                    "key_management_system",
                    "key_management_settings"),
            STORE,
            List.of(
                    "database_url",
                    "database_connection_pool_limit",
                    "database_type",
                    "database_args",
                    "store_model_in_db",
                    "store_prompts_in_spend_logs",
                    "proxy_batch_write_at",
                    "disable_spend_logs"),
            TOLD,
            List.of("alerting", "alerting_threshold", "alert_types", "alert_to_webhook_url", "alerting_args"),
            RATE,
            List.of("max_parallel_requests", "global_max_parallel_requests"),
            "Left out: clients name an alias; there is none for requests that name none.",
            List.of("completion_model"),
            "Left out: the gateway finds out by itself which targets answer.",
            List.of("background_health_checks", "health_check_interval"),
            "Left out: limits of requests are set where the server is: docs/reference/configuration.md.",
            List.of("max_request_size_mb", "max_response_size_mb"),
            "Left out: paths of other protocols are not passed through.",
            List.of("pass_through_endpoints")));

    /** Of the top of the file. */
    static final Map<String, String> TOP = reasons(Map.of(
            GUARDS,
            List.of("guardrails", "policies"),
            "Left out: take over the files that this one includes one by one.",
            List.of("include"),
            "Left out: the gateway serves no files, fine-tuning or search of providers.",
            List.of("files_settings", "finetune_settings", "search_tools", "vector_store_registry"),
            "Left out: tools are no matter of the gateway of language models.",
            List.of("mcp_servers", "mcp_tools")));

    private Reasons() {}

    private static Map<String, String> reasons(Map<String, List<String>> byReason) {
        var byName = new HashMap<String, String>();
        byReason.forEach((reason, names) -> names.forEach(name -> byName.put(name, reason)));
        return Map.copyOf(byName);
    }
}
