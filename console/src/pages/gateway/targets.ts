/** Who answers for aliases: their prices, and how they did lately. */
import { api, type Schemas } from '../../lib/api';
import { dollars } from '../../lib/money';

export type Alias = Schemas['Alias'];
export type Provider = Schemas['Provider'];
export type Target = Schemas['Target'];

/** How a target is named in usage. */
export function nameOf(target: { provider: string; model: string }): string {
  return `${target.provider}/${target.model}`;
}

/** All targets of aliases, each once. */
export function targetsOf(aliases: readonly Alias[]): Target[] {
  return [...new Map(aliases.flatMap((a) => [...a.targets, ...(a.fallbacks ?? [])]).map((t) => [nameOf(t), t])).values()];
}

/** The standard price of each target that has one, by its name. */
export async function pricesOf(targets: readonly Target[], providers: readonly Provider[], signal: AbortSignal): Promise<Map<string, Schemas['Price']>> {
  const asked = new Set(targets.map((t) => t.provider));
  const listed = new Map(providers.filter((p) => asked.has(p.name ?? '')).map((p) => [p.name ?? '', p.prices ?? '']));
  const known = new Map<string, Schemas['Price']>();
  await Promise.all([...new Set(listed.values())].map((provider) => standardPrices(provider, known, signal)));
  return new Map(
    targets.flatMap((target) => {
      const price = known.get(nameOf({ provider: listed.get(target.provider) ?? '', model: target.model }));
      return price ? [[nameOf(target), price] as const] : [];
    }),
  );
}

/** Adds all prices of a provider that count now. */
async function standardPrices(provider: string, to: Map<string, Schemas['Price']>, signal: AbortSignal): Promise<void> {
  const asked = { provider, 'service-tier': 'standard', at: new Date().toISOString(), limit: 1000 };
  let cursor: string | undefined;
  do {
    const page = await api.get('/api/v1/prices', { query: { ...asked, ...(cursor && { cursor }) }, signal });
    for (const price of page.items) to.set(nameOf(price), price);
    cursor = page.next ?? undefined;
  } while (cursor);
}

/** Dollars for a million tokens of a class; undefined where it is not stated. */
export function rate(price: Schemas['Price'], tokens: string): string | undefined {
  const nanoUsd = price.nanoUsdPerMillion[tokens];
  return nanoUsd === undefined ? undefined : dollars(BigInt(nanoUsd));
}

const LATELY = 15 * 60_000;

/** Calls of the last quarter of an hour, by target. */
export async function lately(signal: AbortSignal): Promise<Map<string, Schemas['UsageSums']>> {
  const from = new Date(Date.now() - LATELY).toISOString();
  const { items } = await api.get('/api/v1/usage/summary', { query: { from, by: 'provider,model', limit: 1000, order: 'calls' }, signal });
  return new Map(items.map((s) => [nameOf({ provider: s.provider ?? '', model: s.model ?? '' }), s]));
}
