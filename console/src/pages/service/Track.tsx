import type { Schemas } from '../../lib/api';
import { count } from '../../lib/format';
import { inMotion } from '../../lib/states';
import { Icon, type IconName } from '../../ui/Icon';
import css from './Track.module.css';

type Detail = Schemas['ReleaseDetail'];
/** A stop of the way; below its name stands what was seen there. */
export type Place = { key: string; label: string; under: string };
type Stop = Place & { state: 'done' | 'here' | 'ahead' | 'failed' | 'paused' };

/** The way of something that is rolled out as one track: each share of the traffic, and what lies before. */
export function Track({ label, stops }: { label: string; stops: readonly Stop[] }) {
  return (
    <ol class={css['track']} aria-label={label}>
      {stops.map((stop) => (
        <li key={stop.key} class={css[stop.state]} aria-current={stop.state === 'here' || stop.state === 'paused' ? 'step' : undefined}>
          <span class={css['bar']} />
          <span class={css['label']}>
            <Icon name={SIGNS[stop.state]} size={11} />
            {stop.label}
          </span>
          <span class={css['under']}>{stop.under}</span>
          <span class="sr">{WORDS[stop.state]}</span>
        </li>
      ))}
    </ol>
  );
}

const SIGNS: Record<Stop['state'], IconName> = { done: 'check', here: 'moving', ahead: 'dot', failed: 'cross', paused: 'pause' };
const WORDS: Record<Stop['state'], string> = {
  done: 'passed',
  here: 'is here',
  ahead: 'not yet',
  failed: 'ended here',
  paused: 'paused here',
};

/** Stops of a way of which one is reached: those before it are passed, those behind it lie ahead. */
export function reached(places: readonly Place[], here: number, as: 'done' | 'here' | 'failed' | 'paused'): Stop[] {
  return places.map((place, i) => ({ ...place, state: i < here ? 'done' : i > here ? 'ahead' : as }));
}

/** Gates, shadow and shares of a release. */
export function stopsOf(release: Detail): Stop[] {
  const { phase } = release;
  const over = !inMotion(phase);
  const promoted = phase === 'promoted';
  const shadow = release.counts.find((c) => c.shadow);
  const stops: Place[] = [];
  if (release.gates.length > 0) {
    const passed = release.gates.filter((g) => g.outcome === 'passed').length;
    stops.push({ key: 'gates', label: 'Gates', under: `${passed} of ${release.gates.length}` });
  }
  const counted = (c: Detail['counts'][number] | undefined) => (c ? `${count(c.candidate.requests)} req` : '');
  if (shadow || phase === 'shadow') stops.push({ key: 'shadow', label: 'Shadow', under: counted(shadow) });
  release.steps.forEach((percent, i) => {
    const row = release.counts.find((c) => !c.shadow && c.step === i);
    stops.push({ key: `step ${i}`, label: `${percent} %`, under: percent === 100 ? '' : counted(row) });
  });
  let here = -1;
  const at = (key: string) => stops.findIndex((s) => s.key === key);
  if (phase === 'gating' || phase === 'awaiting-approval' || phase === 'rejected') here = at('gates');
  else if (phase === 'loading') here = Math.max(0, at('gates') + 1);
  else if (phase === 'shadow') here = at('shadow');
  else if (phase === 'canary') here = at(`step ${release.step ?? 0}`);
  else if (phase === 'promoting' || promoted) here = stops.length - 1;
  else {
    // It ended on its way: the last step that saw traffic is where.
    const last = release.counts.filter((c) => c.candidate.requests > 0).at(-1);
    here = last ? (last.shadow ? at('shadow') : at(`step ${last.step}`)) : 0;
  }
  const failed = over || phase === 'rolling-back';
  return reached(stops, here, promoted ? 'done' : failed ? 'failed' : release.paused ? 'paused' : 'here');
}
