import { useEffect, useState } from 'preact/hooks';
import { api, type Schemas } from '../../lib/api';
import { exact, words } from '../../lib/format';
import { useLoad } from '../../lib/load';
import type { PageProps } from '../../lib/page';
import { href } from '../../lib/place';
import { checkEntry, type Check } from '../../lib/proof';
import { Command } from '../../ui/Copy';
import { Facts } from '../../ui/Facts';
import { Id } from '../../ui/Id';
import { Page, Section } from '../../ui/Page';
import { State } from '../../ui/State';
import { Loading } from '../../ui/Trouble';
import { said } from './said';
import css from './Entry.module.css';

type Proven = Schemas['ProvenEntry'];

export default function Entry({ params }: PageProps) {
  const id = params['id']!;
  // An entry gets its number, and with it its proof, a moment after it was written.
  const [waiting, setWaiting] = useState(true);
  const entry = useLoad(`entry ${id}`, (signal) => api.get('/api/v1/ledger/entries/{id}', { path: { id }, signal }), waiting ? { every: 500 } : {});
  useEffect(() => setWaiting(entry.data !== undefined && entry.data.number == null), [entry.data]);
  const noun = <a href={href('/ledger')}>Ledger</a>;
  return (
    <Loading of={entry}>
      {(e) => (
        <Page
          noun={noun}
          title={words(e.kind)}
          facts={
            <Facts
              items={[
                ['Number', e.number ?? 'not yet'],
                ['About', <a href={href(`/ledger?subject=${encodeURIComponent(e.subject)}`)}>{e.subject}</a>],
                ['Who', e.actor.name ?? e.actor.kind],
                ['When', exact(Date.parse(e.at))],
                ['Id', <Id id={e.id} what="entry's id" />],
              ]}
            />
          }
        >
          {said(e) && <p class={css['said']}>{said(e)}</p>}
          <Proof entry={e} />
          <Section title="Facts">
            {e.erased ? (
              <p class="quiet">The payload was erased. The leaf holds its salted hash, so the tree is as it was.</p>
            ) : (
              <>
                <pre class={css['payload']} tabIndex={0} role="region" aria-label="Payload">
                  {JSON.stringify(e.payload, null, 2)}
                </pre>
                <p class="quiet">
                  The leaf holds their salted hash, so that they can be erased. The salt stays with the server; auditors check it with
                  the whole ledger.
                </p>
              </>
            )}
          </Section>
        </Page>
      )}
    </Loading>
  );
}

function Proof({ entry }: { entry: Proven }) {
  const [checks, setChecks] = useState<Check[]>();
  const [broken, setBroken] = useState<string>();
  useEffect(() => {
    setChecks(undefined);
    setBroken(undefined);
    checkEntry(entry).then(setChecks, (e: unknown) => setBroken(String(e)));
  }, [entry]);
  if (entry.number == null || !entry.proof) {
    return (
      <Section title="Proof">
        <p class="quiet">The entry waits for its number; its proof follows within a second.</p>
      </Section>
    );
  }
  const passed = checks?.every((c) => c.outcome === 'passed');
  const failed = broken !== undefined || checks?.some((c) => c.outcome === 'failed');
  return (
    <Section
      title="Proof"
      aside={
        !checks && !broken ? (
          <State state="running" word="checking" />
        ) : failed ? (
          <State state="failed" word="does not hold" />
        ) : passed ? (
          <State state="verified" word="checked in this browser" />
        ) : (
          <State state="waiting" word="checked in part" />
        )
      }
    >
      {broken && <p role="alert">The proof cannot be read: {broken}</p>}
      <ul class={css['checks']}>
        {checks?.map((check) => (
          <li key={check.what} data-outcome={check.outcome}>
            <State
              plain
              state={check.outcome === 'passed' ? 'passed' : check.outcome === 'failed' ? 'failed' : 'waiting'}
              word={check.outcome}
            />
            <strong>{check.what}</strong>
            <span>{check.says}</span>
          </li>
        ))}
      </ul>
      <details class={css['head']}>
        <summary>The signed head</summary>
        <pre tabIndex={0} role="region" aria-label="The signed head">{entry.proof.checkpoint}</pre>
        <p class="quiet">
          Its key, to keep elsewhere: <code>{entry.proof.key}</code>
        </p>
      </details>
      <Command text="pilot audit verify" label="Check the whole ledger:" />
    </Section>
  );
}
