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

const MOST = 100;

/** The standard price of each target that has one, by its name; of the first hundred. */
export async function pricesOf(targets: readonly Target[], providers: readonly Provider[], signal: AbortSignal): Promise<Map<string, Schemas['Price']>> {
  const listed = new Map(providers.map((p) => [p.name, p.prices]));
  const at = new Date().toISOString();
  const found = await Promise.all(
    targets.slice(0, MOST).map(async (target) => {
      const provider = listed.get(target.provider);
      if (!provider) return undefined;
      const { items } = await api.get('/api/v1/prices', { query: { provider, model: target.model, 'service-tier': 'standard', at, limit: 1 }, signal });
      return items[0] && ([nameOf(target), items[0]] as const);
    }),
  );
  return new Map(found.filter((price) => price !== undefined));
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
