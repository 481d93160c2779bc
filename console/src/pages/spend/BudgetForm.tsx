import { useState } from 'preact/hooks';
import { api, type Schemas } from '../../lib/api';
import { shell } from '../../lib/format';
import { useLoad } from '../../lib/load';
import { go } from '../../lib/place';
import { session } from '../../lib/session';
import { Button } from '../../ui/Button';
import { Field, Select } from '../../ui/Field';
import { Form, FormList, FormRow } from '../../ui/Form';
import { exactly, typed, UNITS, whyNot, type Budget } from './amounts';

type Channel = Schemas['BudgetChannel'];
type Rung = { model: string; from: string; price: string };
type Told = { kind: keyof Channel; to: string };

const SCOPES = [
  ['organisation', 'the organisation'],
  ['department', 'a department'],
  ['team', 'a team'],
  ['project', 'a project'],
  ['agent', 'an agent'],
  ['key', 'a key'],
  ['tag', 'a tag'],
  ['session', 'a session'],
  ['user', 'a user'],
] as const;
const WINDOWS = [
  ['hour', 'an hour'],
  ['day', 'a day'],
  ['week', 'a week'],
  ['month', 'a month'],
  ['total', 'in total'],
] as const;
const CHANNELS = [
  ['email', 'E-mail'],
  ['slackSecret', 'Slack, by secret'],
  ['slack', 'Slack, by address'],
  ['webhook', 'Webhook'],
] as const;
const HINTS: Record<keyof Channel, string> = {
  email: 'ann@example.com, bo@example.com',
  slackSecret: 'name of the secret',
  slack: 'https://hooks.slack.com/services/…',
  webhook: 'https://…',
};

function toldOf(channel: Channel): Told {
  if (channel.email) return { kind: 'email', to: channel.email.join(', ') };
  if (channel.slackSecret) return { kind: 'slackSecret', to: channel.slackSecret };
  return channel.slack ? { kind: 'slack', to: channel.slack } : { kind: 'webhook', to: channel.webhook ?? '' };
}

function channelOf({ kind, to }: Told): Channel {
  return kind === 'email' ? { email: to.split(/[\s,]+/).filter(Boolean) } : { [kind]: to.trim() };
}

const whole = (text: string, least: number, most: number) => /^\d{1,4}$/.test(text) && Number(text) >= least && Number(text) <= most;

/** Declares a budget, or changes one. */
export function BudgetForm({ budget, done }: { budget?: Budget; done: () => void }) {
  const [name, setName] = useState(budget?.name ?? '');
  const at = budget?.scope.indexOf(':') ?? -1;
  const [kind, setKind] = useState(budget ? budget.scope.slice(0, at) : 'organisation');
  const [value, setValue] = useState(budget && kind !== 'organisation' ? budget.scope.slice(at + 1) : '');
  const [window, setWindow] = useState<string>(budget?.window ?? 'month');
  const [zone, setZone] = useState(budget?.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone);
  const [unit, setUnit] = useState<string>(budget?.unit ?? 'usd');
  const [limit, setLimit] = useState(budget?.limit ?? '');
  const [thresholds, setThresholds] = useState((budget?.thresholds ?? [50, 80, 100]).join(', '));
  const [rungs, setRungs] = useState<Rung[]>((budget?.ladder ?? []).map((r) => ({ model: r.model, from: String(r.from), price: String(r.price) })));
  const [told, setTold] = useState<Told[]>((budget?.notify ?? []).map(toldOf));
  const keys = useLoad('keys for budgets', (signal) => api.get('/api/v1/keys', { query: { limit: 1000 }, signal }));
  const aliases = useLoad('aliases for budgets', (signal) => api.get('/api/v1/aliases', { signal }));

  const tenant = session.value?.tenant ?? '';
  const scope = budget?.scope ?? `${kind}:${kind === 'organisation' ? tenant : value.trim()}`;
  const percents = thresholds.split(/[\s,%]+/).filter(Boolean);
  const why = !name.trim()
    ? 'it needs a name'
    : !budget && kind !== 'organisation' && !value.trim()
      ? `say which ${kind} it counts`
      : (whyNot(unit, limit) ??
        (percents.some((p) => !whole(p, 1, 100))
          ? 'thresholds are whole percentages from 1 to 100'
          : rungs.some((r) => !r.model || !whole(r.from, 0, 1000) || !whole(r.price, 0, 100))
            ? 'each cheaper model needs an alias and whole percentages'
            : told.some((t) => !t.to.trim())
              ? 'say where each message goes'
              : undefined));
  const amount = typed(unit, limit);
  const body = {
    scope,
    window: window as NonNullable<Schemas['Budget']['window']>,
    zone,
    unit,
    limit: amount === undefined ? limit.trim() : exactly(unit, amount),
    thresholds: percents.map(Number),
    ladder: rungs.map((r) => ({ model: r.model, from: Number(r.from), price: Number(r.price) })),
    notify: told.map(channelOf),
  };
  const run = async () => {
    await api.put('/api/v1/budgets/{name}', { path: { name: name.trim() }, body });
    done();
    if (!budget) go(`/spend/${encodeURIComponent(name.trim())}`);
  };
  const rung = (i: number, change: Partial<Rung>) => setRungs(rungs.map((r, j) => (i === j ? { ...r, ...change } : r)));
  const channel = (i: number, change: Partial<Told>) => setTold(told.map((t, j) => (i === j ? { ...t, ...change } : t)));
  const known = aliases.data?.items.map((a) => a.alias ?? '') ?? [];
  return (
    <Form
      title={budget ? `Change the budget ${budget.name}` : 'Declare a budget'}
      why={why}
      action={budget ? 'Change it' : 'Declare it'}
      command={command(name.trim() || 'NAME', body)}
      run={run}
      cancel={done}
    >
      {budget ? (
        <p class="quiet">
          It counts <code>{budget.scope}</code>, {WINDOWS.find(([key]) => key === budget.window)?.[1]}, in {unitWords(budget.unit)}. What it counts stays;
          what is spent stays spent.
        </p>
      ) : (
        <>
          <FormRow>
            <Field label="Name" value={name} onInput={setName} placeholder="research" />
            <Select label="Counts calls of" value={kind} options={SCOPES} onChange={(to) => (setKind(to), setValue(''))} />
            {kind === 'key' ? (
              <Select
                label="Which"
                value={value}
                options={[['', 'choose'], ...(keys.data?.items ?? []).filter((k) => !k.revokedAt).map((k) => [k.id, k.name] as const)]}
                onChange={setValue}
              />
            ) : (
              kind !== 'organisation' && <Field label="Which" value={value} onInput={setValue} placeholder={kind === 'tag' ? 'search' : 'name'} />
            )}
          </FormRow>
          <FormRow>
            <Select label="Window" value={window} options={WINDOWS} onChange={setWindow} />
            {window !== 'total' && <Field label="Time zone" value={zone} onInput={setZone} placeholder="Europe/Berlin" />}
            <Select label="In" value={unit} options={UNITS} onChange={setUnit} />
          </FormRow>
        </>
      )}
      <FormRow>
        <Field label={`Limit in ${unitWords(unit)}`} value={limit} onInput={setLimit} placeholder={unit === 'usd' ? '1500.00' : '1000000'} />
        <Field label="Tell at, in percent" value={thresholds} onInput={setThresholds} placeholder="50, 80, 100" />
      </FormRow>
      <FormList
        legend="Cheaper models that calls go over to before the budget runs out"
        add={{ label: 'Add a cheaper model', onClick: () => setRungs([...rungs, { model: known[0] ?? '', from: '100', price: '10' }]) }}
      >
        {rungs.map((r, i) => (
          <FormRow key={i}>
            <Select label="Alias" value={r.model} options={[...new Set([r.model, ...known])].map((a) => [a, a || 'choose'] as const)} onChange={(model) => rung(i, { model })} />
            <Field label="from a forecast of, %" value={r.from} onInput={(from) => rung(i, { from })} />
            <Field label="its price, % of the dearer" value={r.price} onInput={(price) => rung(i, { price })} />
            <Button onClick={() => setRungs(rungs.filter((_, j) => i !== j))}>Take away</Button>
          </FormRow>
        ))}
      </FormList>
      <FormList legend="Who is told when a threshold is reached, once in each window" add={{ label: 'Add somebody', onClick: () => setTold([...told, { kind: 'email', to: '' }]) }}>
        {told.map((t, i) => (
          <FormRow key={i}>
            <Select label="By" value={t.kind} options={CHANNELS} onChange={(to) => channel(i, { kind: to as keyof Channel })} />
            <Field label="To" value={t.to} onInput={(to) => channel(i, { to })} placeholder={HINTS[t.kind]} />
            <Button onClick={() => setTold(told.filter((_, j) => i !== j))}>Take away</Button>
          </FormRow>
        ))}
      </FormList>
    </Form>
  );
}

function command(name: string, body: Schemas['Budget']): string {
  const channel = (c: Channel) => (c.email ? c.email.map((to) => `email=${to}`) : Object.entries(c).map(([how, to]) => `${how}=${to}`));
  const options = [
    ['scope', body.scope],
    ['limit', body.limit || 'AMOUNT'],
    ['window', body.window],
    ['zone', body.zone],
    ['unit', body.unit],
    ['threshold', body.thresholds?.join(',')],
    ...(body.ladder ?? []).map((r) => ['ladder', `${r.model}=${r.price}@${r.from}`]),
    ...(body.notify ?? []).flatMap(channel).map((to) => ['notify', to]),
  ];
  return `pilot budget set ${shell(name)}` + options.filter(([, value]) => value).map(([option, value]) => ` --${option} ${shell(value ?? '')}`).join('');
}

function unitWords(unit: string): string {
  return UNITS.find(([key]) => key === unit)?.[1] ?? unit;
}
