package dev.pilothouse.cli.litellm;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What LiteLLM calls a provider, by the prefix of a model's name, and how the gateway reaches the same.
 *
 * @param prefix as in {@code groq/llama-3}
 * @param kind of a provider here
 * @param url its address; empty where the file must say it
 * @param variable the environment variable that holds its key where the file says none; empty where it wants none
 */
record Origin(String prefix, String kind, String url, String variable) {
    private static final String COMPATIBLE = "compatible";

    private static final Map<String, Origin> KNOWN = byPrefix(
            new Origin("openai", "openai", "", "OPENAI_API_KEY"),
            new Origin("text-completion-openai", "openai", "", "OPENAI_API_KEY"),
            new Origin("anthropic", "anthropic", "", "ANTHROPIC_API_KEY"),
            cloud("gemini", "https://generativelanguage.googleapis.com/v1beta/openai", "GEMINI_API_KEY"),
            cloud("groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY"),
            cloud("mistral", "https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
            cloud("deepseek", "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"),
            cloud("together_ai", "https://api.together.xyz/v1", "TOGETHERAI_API_KEY"),
            cloud("fireworks_ai", "https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY"),
            cloud("openrouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
            cloud("perplexity", "https://api.perplexity.ai", "PERPLEXITYAI_API_KEY"),
            cloud("xai", "https://api.x.ai/v1", "XAI_API_KEY"),
            cloud("cerebras", "https://api.cerebras.ai/v1", "CEREBRAS_API_KEY"),
            cloud("deepinfra", "https://api.deepinfra.com/v1/openai", "DEEPINFRA_API_KEY"),
            cloud("nvidia_nim", "https://integrate.api.nvidia.com/v1", "NVIDIA_NIM_API_KEY"),
            cloud("sambanova", "https://api.sambanova.ai/v1", "SAMBANOVA_API_KEY"),
            new Origin("azure", "azure", "", "AZURE_API_KEY"),
            cloud("azure_ai", "", "AZURE_AI_API_KEY"),
            cloud("litellm_proxy", "", "LITELLM_PROXY_API_KEY"),
            cloud("ollama", "http://localhost:11434/v1", ""),
            cloud("ollama_chat", "http://localhost:11434/v1", ""),
            cloud("hosted_vllm", "", ""),
            cloud("vllm", "", ""),
            cloud("lm_studio", "", ""),
            cloud("llamafile", "", ""),
            cloud("openai_like", "", ""),
            cloud("custom_openai", "", ""),
            cloud("xinference", "", ""));

    private static final List<String> OPENAI_MODELS = List.of(
            "gpt-",
            "chatgpt-",
            "o1",
            "o3",
            "o4",
            "text-embedding-",
            "omni-moderation",
            "text-moderation",
            "davinci-002",
            "babbage-002");

    private static Origin cloud(String prefix, String url, String variable) {
        return new Origin(prefix, COMPATIBLE, url, variable);
    }

    private static Map<String, Origin> byPrefix(Origin... origins) {
        return Arrays.stream(origins).collect(Collectors.toUnmodifiableMap(Origin::prefix, Function.identity()));
    }

    /** What a prefix means; empty where the gateway does not speak as that provider does. */
    static Optional<Origin> of(String prefix) {
        return Optional.ofNullable(KNOWN.get(prefix));
    }

    /** Whose a model without a prefix is, which LiteLLM tells from its name. */
    static Optional<Origin> ofModel(String model) {
        if (OPENAI_MODELS.stream().anyMatch(model::startsWith)) {
            return of("openai");
        }
        return model.startsWith("claude-") ? of("anthropic") : Optional.empty();
    }

    /** Whether only the file can say where it is. */
    boolean isAnywhere() {
        return url.isEmpty() && (kind.equals(COMPATIBLE) || kind.equals("azure"));
    }

    /**
     * Its address as the gateway takes it, where the file names one.
     *
     * @param version of Azure's protocol, such as {@code 2025-01-01}, or empty
     */
    String url(String base, String version) {
        String bare = base.replaceFirst("/+$", "");
        return switch (prefix) {
            // LiteLLM speaks Ollama's own protocol; the compatible one is below /v1.
            case "ollama", "ollama_chat" -> bare.endsWith("/v1") ? bare : bare + "/v1";
            case "azure" -> {
                String resource = bare.replaceFirst("/openai(/v1|/deployments.*)?$", "");
                yield resource + (version.isEmpty() ? "/openai/v1" : "/openai/deployments?api-version=" + version);
            }
            case "anthropic" -> bare.endsWith("/v1") ? bare : bare + "/v1";
            default -> bare;
        };
    }

    /** The kind that a provider is of: OpenAI's protocol at another address than its own is spoken by somebody else. */
    String kindAt(String url) {
        return kind.equals("openai") && !url.isEmpty() && !url.startsWith("https://api.openai.com/")
                ? COMPATIBLE
                : kind;
    }

    /** The name that prices of its models are under: the prefix, which price files of LiteLLM use too. */
    String prices() {
        return prefix.equals("text-completion-openai") ? "openai" : prefix;
    }
}
