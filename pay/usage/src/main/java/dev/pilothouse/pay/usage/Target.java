package dev.pilothouse.pay.usage;

/**
 * Where a call goes, or where it was answered; texts are kept as in {@link Who}.
 *
 * @param provider the provider's name; empty where the call was never sent
 * @param model the provider's own name of the model
 * @param priceVersion the price table by which it is priced, as {@code PriceTable.version()} names it; empty for unpriced
 * @param degraded whether a budget made it a smaller model than the alias stands for
 */
public record Target(String provider, String model, String priceVersion, boolean degraded) {
    /** Of a call that was never sent. */
    public static final Target NONE = new Target("", "", "", false);

    public Target {
        provider = Texts.kept(provider);
        model = Texts.kept(model);
        priceVersion = Texts.kept(priceVersion);
    }

    void write(Fields.Writer to) {
        to.text(provider).text(model).text(priceVersion).number(degraded ? 1 : 0);
    }

    static Target read(Fields.Reader from) {
        return new Target(from.text(), from.text(), from.text(), from.number() == 1);
    }
}
