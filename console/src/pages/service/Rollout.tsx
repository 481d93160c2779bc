import type { Schemas } from '../../lib/api';
import { Section } from '../../ui/Page';
import { Comparing, compared, Course } from './Evidence';
import { Gates } from './Gates';
import { stopsOf, Track } from './Track';
import css from './Rollout.module.css';

/** What a release is, did and waits for: its sentence, its way, the comparison and the course of the evidence. */
export function Rollout({ release }: { release: Schemas['ReleaseDetail'] }) {
  return (
    <>
      <p class={css['verdict']}>{release.sentence}</p>
      <Track label="The way of the release" stops={stopsOf(release)} />
      {release.gates.length > 0 && (
        <Section title="Gates" count={release.gates.length}>
          <Gates gates={release.gates} approval={release.approval} />
        </Section>
      )}
      {compared(release.comparison) && (
        <Section title="Stable against canary">
          <Comparing comparisons={release.comparison} candidate="Canary" />
          <Course looks={release.looks} comparisons={release.comparison} steps={release.steps} />
        </Section>
      )}
    </>
  );
}
