import type { Schemas } from '../../lib/api';
import { count, figure } from '../../lib/format';
import css from './Dataset.module.css';

type Profile = Schemas['ColumnProfile'];
const WIDTH = 104;
const HEIGHT = 26;

/** The distribution of a column, as small as a word: buckets of its numbers, or its most frequent values. */
export function Histogram({ of, rows }: { of: Profile; rows: number }) {
  const buckets = of.histogram?.map((b) => ({ n: b.count, label: `${figure(b.from)} to ${figure(b.to)}` }));
  const bars = buckets ?? of.top.map((t) => ({ n: t.count, label: t.value }));
  // A column in which every value is another has no distribution to see.
  if (bars.length === 0 || (!buckets && of.distinct > 0 && bars[0]!.n <= 1)) return <span class="quiet">all different</span>;
  const most = Math.max(1, ...bars.map((b) => b.n));
  const step = WIDTH / bars.length;
  const largest = bars.reduce((a, b) => (b.n > a.n ? b : a));
  const said = `Distribution of ${of.name}: most, ${count(largest.n)} of ${count(rows)} rows, at ${largest.label}`;
  return (
    <svg class={css['histogram']} role="img" aria-label={said} width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`}>
      {bars.map((bar, i) => {
        const height = bar.n === 0 ? 0 : Math.max(1, (bar.n / most) * (HEIGHT - 2));
        return (
          <g key={bar.label + i}>
            <title>{`${bar.label}: ${count(bar.n)} rows`}</title>
            <rect class={css['hit']} x={i * step} y={0} width={step} height={HEIGHT} />
            <rect class={buckets ? css['bar'] : css['value']} x={i * step + 0.5} y={HEIGHT - height} width={Math.max(1, Math.min(step - 1, 24))} height={height} />
          </g>
        );
      })}
      <line class={css['base']} x1={0} x2={WIDTH} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} />
    </svg>
  );
}
