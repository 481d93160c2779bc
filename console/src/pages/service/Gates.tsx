import type { Schemas } from '../../lib/api';
import { figure } from '../../lib/format';
import { nameOf } from '../../lib/people';
import { State } from '../../ui/State';
import { Time } from '../../ui/Time';
import { Decide } from '../approvals/Decide';
import css from './Gates.module.css';

type Gate = Schemas['ReleaseDetail']['gates'][number];

const WORDS: Record<string, string> = { pending: 'not yet', waiting: 'waits for a person' };

/** The gates of a release, each with its verdict and, opened, with its evidence; one that waits is decided here. */
export function Gates(props: { gates: readonly Gate[]; approval?: string | undefined; decided?: boolean }) {
  return (
    <ol class={css['gates']} aria-label="Gates">
      {props.gates.map((gate) => (
        <li key={gate.kind + gate.title}>
          <State state={gate.outcome === 'pending' ? 'declared' : gate.outcome} word={WORDS[gate.outcome] ?? gate.outcome} plain />
          <div class={css['what']}>
            <strong>{gate.title}</strong> <span>{gate.sentence.replace(/\b[0-9a-f]{32}\b/g, nameOf)}</span>
            {gate.evidence !== undefined && gate.evidence !== null && <Evidence of={gate.evidence} />}
            {gate.outcome === 'waiting' && props.approval && !props.decided && <Decide id={props.approval} />}
          </div>
          <span class={css['when']}>{gate.decidedAt && <Time at={gate.decidedAt} />}</span>
        </li>
      ))}
    </ol>
  );
}

/** `noWorseThanProduction` as words. */
const named = (key: string) => key.replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);

/** Facts of evidence as pairs, one level of names before another. */
function pairs(value: unknown, name = ''): [string, string][] {
  if (Array.isArray(value)) {
    return value.some((v) => typeof v === 'object' && v !== null)
      ? value.flatMap((v, i) => pairs(v, `${name} ${i + 1}`))
      : value.length > 0
        ? [[name, value.map((v) => (typeof v === 'number' ? figure(v) : String(v))).join(' to ')]]
        : [];
  }
  if (typeof value === 'object' && value !== null) return Object.entries(value).flatMap(([k, v]) => pairs(v, name ? `${name}, ${named(k)}` : named(k)));
  return [[name, typeof value === 'number' ? figure(value) : String(value)]];
}

function Evidence({ of }: { of: unknown }) {
  const facts = pairs(of).filter(([key]) => key !== 'gate');
  if (facts.length === 0) return null;
  return (
    <details class={css['evidence']}>
      <summary>Evidence</summary>
      <dl>
        {facts.map(([key, value]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd class="num">{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
