import { useEffect, useRef, useState } from 'preact/hooks';
import { api, Refusal } from '../../lib/api';
import { bodyOf, chat, type Ask, type Bill, type Tokens } from '../../lib/chat';
import { count, figure, shell } from '../../lib/format';
import { useLoad } from '../../lib/load';
import { href, query, setQuery } from '../../lib/place';
import { may } from '../../lib/session';
import { Button } from '../../ui/Button';
import { Command } from '../../ui/Copy';
import { Empty } from '../../ui/Empty';
import { Facts } from '../../ui/Facts';
import { Field, Select } from '../../ui/Field';
import { Id } from '../../ui/Id';
import { Money } from '../../ui/Money';
import { Page, Section } from '../../ui/Page';
import { State } from '../../ui/State';
import { Loading, Trouble } from '../../ui/Trouble';
import css from './Playground.module.css';

/** One request and what is known of its answer so far. Times are in milliseconds. */
type Run = {
  state: 'streaming' | 'finished' | 'stopped' | 'failed';
  text: string;
  requestId: string;
  model: string;
  outputLimit: string;
  first?: number;
  took?: number;
  tokens?: Tokens;
  reason?: string;
  bill?: Bill;
  error?: Refusal;
};

const BEGUN: Run = { state: 'streaming', text: '', requestId: '', model: '', outputLimit: '' };
const REASONS: Record<string, string> = {
  stop: 'it was complete',
  length: 'the output limit was reached',
  content_filter: "the provider's filter ended it",
  tool_calls: 'it asks for a tool',
};

/** Asks an alias as a client would, and shows what the answer was, took and cost. */
export default function Playground() {
  const aliases = useLoad('aliases', (signal) => api.get('/api/v1/aliases', { signal }), { changes: ['gateway.'] });
  return (
    <Page title="Playground" facts={<p class="quiet">Ask an alias as a client would. What you ask here is priced, counted by budgets and recorded as any call is.</p>}>
      <Loading of={aliases}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="There is nobody to ask.">
              Declare a provider and an alias on the page <a href={href('/gateway')}>Gateway</a>; you can ask it here then.
            </Empty>
          ) : (
            <Desk aliases={items.map((a) => a.alias ?? '')} />
          )
        }
      </Loading>
    </Page>
  );
}

function Desk({ aliases }: { aliases: readonly string[] }) {
  const wished = query.value.get('alias') ?? '';
  const alias = aliases.includes(wished) ? wished : aliases[0]!;
  const [system, setSystem] = useState('');
  const [message, setMessage] = useState('');
  const [most, setMost] = useState('');
  const [temperature, setTemperature] = useState('');
  const [run, setRun] = useState<Run>();
  const control = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => control.current?.abort(), []);

  const streaming = run?.state === 'streaming';
  const why = !may('invoker')
    ? 'it needs the role invoker'
    : !message.trim()
      ? 'write a message first'
      : most && !/^[1-9]\d{0,6}$/.test(most)
        ? 'the output limit is a whole number of tokens'
        : temperature && !/^[0-2](\.\d{1,2})?$/.test(temperature)
          ? 'the temperature is from 0 to 2'
          : undefined;
  const ask: Ask = {
    model: alias,
    messages: [...(system.trim() ? [{ role: 'system' as const, content: system }] : []), { role: 'user', content: message }],
    ...(most && { max_completion_tokens: Number(most) }),
    ...(temperature && { temperature: Number(temperature) }),
  };
  const send = async () => {
    if (why !== undefined || streaming) return;
    const mine = new AbortController();
    control.current = mine;
    const begun = performance.now();
    const since = () => performance.now() - begun;
    const put = (change: Partial<Run>) => setRun((before) => ({ ...(before ?? BEGUN), ...change }));
    setRun(BEGUN);
    try {
      await chat(ask, mine.signal, {
        begun: (requestId, model, outputLimit) => put({ requestId, model, outputLimit }),
        text: (more) => setRun((before) => before && { ...before, text: before.text + more, first: before.first ?? since() }),
        tokens: (tokens) => put({ tokens }),
        ended: (reason) => put({ reason }),
        bill: (bill) => put({ bill, model: bill.model }),
      });
      put({ state: 'finished', took: since() });
    } catch (e) {
      if (mine.signal.aborted) put({ state: 'stopped', took: since() });
      else put({ state: 'failed', took: since(), error: e instanceof Refusal ? e : new Refusal(0, 'The answer broke off', String(e), '', '') });
    }
  };
  return (
    <div class={css['desk']}>
      <form
        class={css['form']}
        aria-label="What to ask"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            void send();
          }
        }}
      >
        <div class="tools">
          <Select label="Alias" value={alias} options={aliases.map((a) => [a, a] as const)} onChange={(to) => setQuery({ alias: to })} />
          <Field label="Output limit, tokens" value={most} onInput={setMost} placeholder="its own" />
          <Field label="Temperature" value={temperature} onInput={setTemperature} placeholder="its own" />
        </div>
        <label>
          <span>
            System <span class="quiet">(optional)</span>
          </span>
          <textarea rows={3} maxLength={100_000} value={system} onInput={(e) => setSystem(e.currentTarget.value)} />
        </label>
        <label>
          <span>Message</span>
          <textarea rows={6} maxLength={100_000} value={message} onInput={(e) => setMessage(e.currentTarget.value)} />
        </label>
        <div class="tools">
          {/* Two buttons and not one that changes, which would send again when it is pressed to stop. */}
          {streaming ? (
            <Button key="stop" kind="danger" onClick={() => control.current?.abort()}>
              Stop
            </Button>
          ) : (
            <Button key="send" submit kind="primary" disabled={why !== undefined} why={why}>
              Send
            </Button>
          )}
          <span class="quiet">
            <kbd>Ctrl</kbd> <kbd>Enter</kbd> sends
          </span>
        </div>
        <Command label="The same:" text={command(ask)} />
      </form>
      <Section title="Answer" aside={run && <RunState run={run} />}>
        {run ? <Answer run={run} /> : <p class="quiet">It appears here as it comes.</p>}
      </Section>
    </div>
  );
}

function command(ask: Ask): string {
  return `curl -N "$PILOTHOUSE_URL/v1/chat/completions" -H "Authorization: Bearer $PILOTHOUSE_API_KEY" -H 'content-type: application/json' -d ${shell(JSON.stringify(bodyOf(ask)))}`;
}

function RunState({ run }: { run: Run }) {
  switch (run.state) {
    case 'streaming':
      return <State state="streaming" tone="motion" />;
    case 'finished':
      return <State state="finished" tone="well" />;
    case 'stopped':
      return <State state="stopped" tone="attention" word="stopped by you" />;
    case 'failed':
      return <State state="failed" tone="failing" />;
  }
}

function Answer({ run }: { run: Run }) {
  const perSecond = run.tokens && run.first !== undefined && run.took !== undefined && run.took > run.first ? (1000 * run.tokens.completion_tokens) / (run.took - run.first) : undefined;
  return (
    <>
      {(run.text || run.state === 'streaming') && (
        <div class={css['text']} role="region" aria-label="The answer's text" tabIndex={0} aria-busy={run.state === 'streaming'}>
          {run.text}
          {run.state === 'streaming' && <span class={css['cursor']} aria-hidden="true" />}
        </div>
      )}
      <div role="status" class="sr">
        {run.state === 'finished' ? 'The answer is complete.' : run.state === 'stopped' ? 'The answer was stopped.' : ''}
      </div>
      {run.error && <Trouble error={run.error} />}
      <Facts
        items={[
          ['Answered by', run.model && <code>{run.model}</code>],
          ['Degraded', run.bill?.degraded && 'yes, a budget asks for a cheaper model'],
          ['Cost', run.bill && <Money usd={BigInt(run.bill.costNanoUsd)} />],
          ['Input', run.tokens && `${count(run.tokens.prompt_tokens)} tokens`],
          ['Output', run.tokens && `${count(run.tokens.completion_tokens)} tokens`],
          ['First token after', run.first !== undefined && `${figure(run.first)} ms`],
          ['Took', run.took !== undefined && `${figure(run.took)} ms`],
          ['Speed', perSecond !== undefined && `${figure(perSecond)} tokens/s`],
          ['Ended, since', run.reason && (REASONS[run.reason] ?? run.reason)],
          ['Output limited by budgets to', run.outputLimit && `${count(Number(run.outputLimit))} tokens`],
          ['Counted by', run.bill && run.bill.budgets.length > 0 && <Budgets names={run.bill.budgets} />],
          ['Prices', run.bill && (run.bill.priceVersion === 'unpriced' ? <State state="unpriced" tone="attention" /> : <code>{run.bill.priceVersion}</code>)],
          ['Request', run.requestId && <Id id={run.requestId} what="request id" />],
        ]}
      />
      {run.state === 'stopped' && run.requestId && may('viewer') && <Stopped requestId={run.requestId} />}
    </>
  );
}

function Budgets({ names }: { names: readonly string[] }) {
  return (
    <>
      {names.map((name, i) => (
        <span key={name}>
          {i > 0 && ', '}
          <a href={href(`/spend/${encodeURIComponent(name)}`)}>{name}</a>
        </span>
      ))}
    </>
  );
}

/** What a stopped request cost is known once the provider's side of it has ended. */
function Stopped({ requestId }: { requestId: string }) {
  const record = useLoad(`usage of ${requestId}`, (signal) => api.get('/api/v1/usage', { query: { request: requestId, limit: 1 }, signal }), { every: 2000 });
  const row = record.data?.items[0];
  return row ? (
    <Facts
      items={[
        ['Cost', <Money usd={row.costUsd} />],
        ['Recorded as', row.outcome],
        ['Output', `${count(row.tokens['output'] ?? 0)} tokens`],
      ]}
    />
  ) : (
    <p class="quiet">The provider's side of it is still read, for ten seconds at most, to learn what it cost.</p>
  );
}
