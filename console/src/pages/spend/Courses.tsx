import { useMemo } from 'preact/hooks';
import { api, type Schemas } from '../../lib/api';
import { useLoad } from '../../lib/load';
import { setQuery } from '../../lib/place';
import { Chart, HEIGHT } from '../../ui/Chart';
import { Empty } from '../../ui/Empty';
import { Select } from '../../ui/Field';
import { Section } from '../../ui/Page';
import { Loading } from '../../ui/Trouble';
import { course, partWords, RANGES, rangeHere, timesOf } from './ranges';

/** As many as the palette tells apart. */
const MOST = 6;

/** A chart with a line for each of those that are compared. */
export type Drawn = {
  /** What is drawn of each part of the time; its length follows in words. */
  title: string;
  unit: string;
  /** The value of a part; null where there is none, which is a gap. */
  of: (part: Schemas['UsageSums'] | undefined) => number | null;
  format: (value: number) => string;
  max?: number;
};

/** How calls went over time, of all servers, compared by one dimension of usage. */
export function Courses(props: { title: string; by: 'provider' | 'alias'; values: readonly string[]; drawn: readonly Drawn[] }) {
  const range = rangeHere();
  const shown = props.values.slice(0, MOST);
  const loaded = useLoad(
    `courses ${props.by} ${range.key} ${shown.join(' ')}`,
    (signal) => Promise.all(shown.map((value) => api.get('/api/v1/usage/course', { query: { ...timesOf(range), parts: range.parts, [props.by]: value }, signal }))),
    { every: 10_000 },
  );
  const data = useMemo(() => {
    if (!loaded.data) return undefined;
    const courses = loaded.data.map((answer) => course(answer));
    return {
      x: courses[0]?.x ?? [],
      series: props.drawn.map((drawn) => courses.map(({ parts }, i) => ({ label: shown[i]!, values: parts.map(drawn.of) }))),
      called: loaded.data.some((answer) => answer.items.some((part) => part.calls > 0)),
    };
  }, [loaded.data]);
  return (
    <Section title={props.title} aside={<Select label="Time" value={range.key} options={RANGES} onChange={(to) => setQuery({ range: to })} />}>
      <Loading of={loaded} charts={props.drawn.map(() => HEIGHT)}>
        {() =>
          data &&
          (data.called ? (
            <div class="pair">
              {props.drawn.map((drawn, i) => (
                <Chart
                  key={drawn.title}
                  title={`${drawn.title} in ${partWords(range)}, ${drawn.unit}`}
                  x={data.x}
                  series={data.series[i]!}
                  format={drawn.format}
                  min={0}
                  {...(drawn.max !== undefined && { max: drawn.max })}
                  sync="courses"
                  need={1}
                />
              ))}
            </div>
          ) : (
            <Empty title={`No model was called in the ${range.label.toLowerCase()}.`} />
          ))
        }
      </Loading>
      {props.values.length > MOST && (
        <p class="quiet">
          The first {MOST} of {props.values.length} by name are drawn.
        </p>
      )}
    </Section>
  );
}
