import { useState } from 'preact/hooks';
import { api } from '../../lib/api';
import { curl } from '../../lib/curl';
import { useLoad } from '../../lib/load';
import { Button } from '../../ui/Button';
import { Field, Select } from '../../ui/Field';
import { Form, FormList, FormRow } from '../../ui/Form';
import type { Alias, Provider, Target } from './targets';

type Row = { provider: string; model: string; weight: string };
const NAME = /^[A-Za-z0-9]([A-Za-z0-9._:/-]{0,126}[A-Za-z0-9])?$/;
const rowOf = (t: Target): Row => ({ provider: t.provider, model: t.model, weight: String(t.weight ?? 1) });
type Mode = NonNullable<Alias['cache']>['mode'];
const MODES: readonly (readonly [Mode, string])[] = [
  ['off', 'no'],
  ['exact', 'to the same request'],
  ['semantic', 'to the same question in other words too'],
];
const weight = (text: string) => /^\d{1,5}$/.test(text) && Number(text) <= 10_000;

/** Declares an alias, or changes one: who answers, in which shares, and who does where they fail. */
export function AliasForm({ alias, providers, done }: { alias: Alias | undefined; providers: readonly Provider[]; done: () => void }) {
  const usual = { provider: providers[0]?.name ?? '', model: '', weight: '1' };
  const [name, setName] = useState(alias?.alias ?? '');
  const [targets, setTargets] = useState<Row[]>(alias?.targets.map(rowOf) ?? [usual]);
  const [fallbacks, setFallbacks] = useState<Row[]>(alias?.fallbacks?.map(rowOf) ?? []);
  const [residency, setResidency] = useState((alias?.residency ?? []).join(', '));
  const [cache, setCache] = useState<Mode>(alias?.cache?.mode ?? 'off');
  const [ttl, setTtl] = useState(alias?.cache?.ttl ?? '1h');
  const [embedding, setEmbedding] = useState(alias?.cache?.embedding ?? '');
  const regions = residency.split(/[\s,]+/).filter(Boolean);
  const rows = [...targets, ...fallbacks];
  const why = !NAME.test(name)
    ? 'its name has letters, digits and . _ : / -'
    : rows.some((r) => !/^\S+$/.test(r.model))
      ? 'each needs a model, by the name that its provider gives it'
      : targets.some((t) => !weight(t.weight))
        ? 'weights are whole numbers from 0 to 10000'
        : !targets.some((t) => Number(t.weight) > 0)
          ? 'one needs a weight above 0'
          : regions.some((r) => !/^[a-z0-9-]{1,63}$/.test(r))
            ? 'regions have small letters, digits and dashes'
            : cache !== 'off' && !/^\d{1,7}[smhd]$/.test(ttl)
              ? 'answers are kept for a time such as 90s, 10m, 1h or 7d'
              : cache === 'semantic' && !NAME.test(embedding)
                ? 'a cache of other words needs an alias that embeds texts'
                : undefined;
  const body = {
    targets: targets.map((t) => ({ provider: t.provider, model: t.model, weight: Number(t.weight) })),
    fallbacks: fallbacks.map((t) => ({ provider: t.provider, model: t.model, weight: 1 })),
    ...(regions.length > 0 && { residency: regions }),
    ...(alias?.prompt && { prompt: alias.prompt }),
    ...(cache !== 'off' && { cache: cacheOf(alias, cache, ttl, embedding) }),
  };
  return (
    <Form
      title={alias ? `Change the alias ${alias.alias}` : 'Declare an alias'}
      why={why}
      action={alias ? 'Change it' : 'Declare it'}
      command={curl('PUT', `/api/v1/aliases/${name || 'NAME'}`, body)}
      run={async () => {
        await api.put('/api/v1/aliases/{alias}', { path: { alias: name }, body });
        done();
      }}
      cancel={done}
    >
      {!alias && <Field label="What clients ask for" value={name} onInput={setName} placeholder="chat" />}
      <FormList legend="Who answers, by weight" add={{ label: 'Add a model', onClick: () => setTargets([...targets, { ...usual }]) }}>
        {targets.map((t, i) => (
          <TargetRow key={i} row={t} providers={providers} weighed change={(row) => setTargets(replaced(targets, i, row))} remove={targets.length > 1 ? () => setTargets(without(targets, i)) : undefined} />
        ))}
      </FormList>
      <FormList legend="Who answers where they fail, in this order" add={{ label: 'Add a fallback', onClick: () => setFallbacks([...fallbacks, { ...usual }]) }}>
        {fallbacks.map((t, i) => (
          <TargetRow key={i} row={t} providers={providers} change={(row) => setFallbacks(replaced(fallbacks, i, row))} remove={() => setFallbacks(without(fallbacks, i))} />
        ))}
      </FormList>
      <FormRow>
        <Field label="Only in these regions" value={residency} onInput={setResidency} placeholder="everywhere" offered={[...new Set(providers.map((p) => p.region ?? '').filter(Boolean))]} />
        <span class="quiet">Holds in fallback and with cheaper models too.</span>
      </FormRow>
      <FormRow>
        <Select label="Keep answers" value={cache} options={MODES} onChange={(to) => setCache(to as Mode)} />
        {cache !== 'off' && <Field label="For" value={ttl} onInput={setTtl} placeholder="1h" />}
        {cache === 'semantic' && <Field label="Embedded by the alias" value={embedding} onInput={setEmbedding} placeholder="vectors" />}
      </FormRow>
    </Form>
  );
}

/** What the form does not show stays as it was. */
function cacheOf(alias: Alias | undefined, mode: Mode, ttl: string, embedding: string): NonNullable<Alias['cache']> {
  const { scope, threshold } = alias?.cache ?? {};
  return { mode, ttl, ...(scope && { scope }), ...(mode === 'semantic' && { embedding, ...(threshold !== undefined && { threshold }) }) };
}

const replaced = (rows: readonly Row[], at: number, row: Row) => rows.map((r, i) => (i === at ? row : r));
const without = (rows: readonly Row[], at: number) => rows.filter((_, i) => i !== at);

function TargetRow(props: { row: Row; providers: readonly Provider[]; weighed?: boolean; change: (row: Row) => void; remove?: (() => void) | undefined }) {
  const { row } = props;
  const listed = props.providers.find((p) => p.name === row.provider)?.prices ?? '';
  const prices = useLoad(`models of ${listed}`, (signal) => api.get('/api/v1/prices', { query: { provider: listed, limit: 1000 }, signal }));
  const models = [...new Set((prices.data?.items ?? []).map((p) => p.model))];
  return (
    <FormRow>
      <Select label="Provider" value={row.provider} options={props.providers.map((p) => [p.name ?? '', p.name ?? ''] as const)} onChange={(provider) => props.change({ ...row, provider })} />
      <Field label="Model" value={row.model} onInput={(model) => props.change({ ...row, model: model.trim() })} offered={models} placeholder="gpt-5-mini" />
      {props.weighed && <Field label="Weight" value={row.weight} onInput={(to) => props.change({ ...row, weight: to })} />}
      {props.remove && <Button onClick={props.remove}>Take away</Button>}
    </FormRow>
  );
}
