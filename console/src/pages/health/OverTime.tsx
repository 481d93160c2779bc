import { useMemo } from 'preact/hooks';
import { api } from '../../lib/api';
import { figure } from '../../lib/format';
import { useLoad } from '../../lib/load';
import { setQuery } from '../../lib/place';
import { Chart } from '../../ui/Chart';
import { Empty } from '../../ui/Empty';
import { Select } from '../../ui/Field';
import { Section } from '../../ui/Page';
import { Loading } from '../../ui/Trouble';
import { course, partWords, RANGES, rangeHere, timesOf } from '../spend/ranges';

/** As many as the palette tells apart. */
const MOST = 6;

/** How calls of each provider went, of all servers: how many failed, and how long they took. */
export function OverTime({ providers }: { providers: readonly string[] }) {
  const range = rangeHere();
  const shown = providers.slice(0, MOST);
  const loaded = useLoad(
    `courses ${range.key} ${shown.join(' ')}`,
    (signal) =>
      Promise.all(shown.map((provider) => api.get('/api/v1/usage/course', { query: { ...timesOf(range), parts: range.parts, provider }, signal }))),
    { every: 10_000 },
  );
  const data = useMemo(() => {
    if (!loaded.data) return undefined;
    const courses = loaded.data.map(course);
    const series = (of: (part: (typeof courses)[number]['parts'][number]) => number | null) => courses.map(({ parts }, i) => ({ label: shown[i]!, values: parts.map(of) }));
    return {
      x: courses[0]?.x ?? [],
      // Where nothing was asked there is no rate and no latency: a gap and no zero.
      failed: series((p) => (p && p.calls > 0 ? (100 * p.errors) / p.calls : null)),
      latency: series((p) => (p?.latencyMicros ? p.latencyMicros.p95 / 1000 : null)),
      calls: loaded.data.some((answer) => answer.items.some((part) => part.calls > 0)),
    };
  }, [loaded.data]);
  return (
    <Section
      title="Calls over time"
      aside={<Select label="Time" value={range.key} options={RANGES} onChange={(to) => setQuery({ range: to })} />}
    >
      <Loading of={loaded}>
        {() =>
          data &&
          (data.calls ? (
            <div class="pair">
              <Chart title={`Calls that failed in ${partWords(range)}, %`} x={data.x} series={data.failed} format={figure} min={0} sync="health" need={1} />
              <Chart title={`95 in 100 answers took at most, ms, in ${partWords(range)}`} x={data.x} series={data.latency} format={figure} min={0} sync="health" need={1} />
            </div>
          ) : (
            <Empty title={`No model was called in the ${range.label.toLowerCase()}.`} />
          ))
        }
      </Loading>
      {providers.length > MOST && <p class="quiet">The first {MOST} of {providers.length} providers by name are drawn.</p>}
    </Section>
  );
}
