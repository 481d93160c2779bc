import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { count, exact, figure } from '../lib/format';
import { dark } from '../lib/theme';
import { Empty } from './Empty';
import css from './Chart.module.css';

export type Series = {
  label: string;
  /** null is a gap; undefined is no point of this line, which goes on over it. */
  values: readonly (number | null | undefined)[];
  /** Which colour of the palette, from 1; its place in the list unless given. */
  colour?: number;
  dash?: boolean;
};

export type ChartProps = {
  /** What is shown, with its unit; read out and above the chart. */
  title: string;
  /** Seconds since the epoch, or plain numbers such as requests or steps. */
  x: readonly number[];
  xKind?: 'time' | 'number';
  xLabel?: string;
  series: readonly Series[];
  /** How values are written in legend, axis and table. */
  format?: (value: number) => string;
  /** Values are powers of ten: the axis is logarithmic and its ticks are written as such. */
  powers?: boolean;
  min?: number;
  max?: number;
  /** Horizontal lines with a name, such as a decision limit. */
  lines?: readonly { at: number; label: string; colour: 'failing' | 'well' | 'attention' }[];
  /** Vertical rules with a name, such as releases. */
  marks?: readonly { at: number; label: string }[];
  /** The expected range, shaded. */
  band?: { low: readonly (number | null)[]; high: readonly (number | null)[]; label: string };
  height?: number;
  /** Charts with one key share their cursor. */
  sync?: string;
  /** Points that are needed before a line says anything. */
  need?: number;
};

function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Ticks of a time axis: the time of day, with the day where it changes or where days are shown. */
function clock(ticks: readonly number[], range: number): string[] {
  let day = '';
  return ticks.map((t) => {
    const at = new Date(t * 1000);
    const date = at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
    const time = at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', ...(range < 300 ? { second: '2-digit' } : {}) });
    const first = day === '' || day === date;
    day = date;
    if (range > 3 * 86_400) return date;
    return first ? time : date;
  });
}

/** Pixels of a plot with its axes, where nothing else is said. */
export const HEIGHT = 220;

/** A chart over time or another number: drag to zoom, double click for the whole; gaps stay gaps, nothing is smoothed. */
export function Chart(props: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const [at, setAt] = useState<number | null>(null);
  const points = Math.max(0, ...props.series.map((s) => s.values.reduce<number>((n, v) => n + (v === null || v === undefined ? 0 : 1), 0)));
  const need = props.need ?? 2;
  const enough = points >= need;
  const isDark = dark.value;
  const format = props.format ?? figure;
  const shape = `${props.series.map((s) => s.label + (s.colour ?? '') + (s.dash ?? '')).join('|')} ${props.band ? 1 : 0} ${props.powers ?? ''} ${props.min ?? ''} ${props.max ?? ''} ${props.height ?? ''}`;

  useEffect(() => {
    const element = place.current;
    if (!element || !enough) return undefined;
    const colours = {
      ink2: token('--ink-2'),
      rule: token('--rule'),
      page: token('--page'),
      band: token('--band'),
    };
    const font = `12px ${token('--font')}`;
    const write = (v: number) => (latest.current.format ?? figure)(v);
    const options: uPlot.Options = {
      width: Math.max(200, element.clientWidth),
      height: props.height ?? HEIGHT,
      padding: [14, 16, 0, 0],
      legend: { show: false },
      cursor: {
        ...(props.sync ? { sync: { key: props.sync, setSeries: false } } : {}),
        drag: { x: true, y: false },
        points: { size: 6 },
      },
      scales: {
        x: { time: (props.xKind ?? 'time') === 'time' },
        y: {
          range: (_, low, high) => {
            const marks = (latest.current.lines ?? []).map((l) => l.at);
            const bottom = latest.current.min ?? Math.min(low ?? 0, ...marks);
            const top = latest.current.max ?? Math.max(high ?? 1, ...marks);
            const margin = (top - bottom || 1) * 0.08;
            // Nothing but zeros lies on the floor of an axis to one.
            const flat = top === bottom && latest.current.min !== undefined ? 1 : 0;
            return [
              latest.current.min !== undefined ? bottom : bottom - margin,
              latest.current.max !== undefined ? top : top + margin + flat,
            ];
          },
        },
      },
      axes: [
        {
          stroke: colours.ink2,
          font,
          grid: { show: false },
          ticks: { stroke: colours.rule, size: 4 },
          space: 72,
          size: 28,
          ...((props.xKind ?? 'time') === 'time'
            ? { values: (u: uPlot, ticks: number[]) => clock(ticks, (u.scales['x']?.max ?? 0) - (u.scales['x']?.min ?? 0)) }
            : { values: (_: uPlot, ticks: number[]) => ticks.map((t) => count(t)) }),
        },
        {
          stroke: colours.ink2,
          font,
          // As wide as its longest label; a character has some 7 pixels.
          size: (_, labels) => Math.max(60, 14 + 7 * Math.max(0, ...(labels ?? []).map((label) => label.length))),
          space: 32,
          grid: { stroke: colours.rule, width: 1 },
          ticks: { show: false },
          ...(props.powers ? { incrs: [1, 2, 3, 5, 10, 20, 50, 100] } : {}),
          values: (_, ticks) => ticks.map((t) => write(t)),
        },
      ],
      series: [
        {},
        ...props.series.map((s, i) => ({
          label: s.label,
          stroke: token(`--series-${((s.colour ?? i + 1) - 1) % 6 + 1}`),
          width: 1.75,
          ...(s.dash ? { dash: [5, 4] } : {}),
          spanGaps: false,
          points: { show: points <= 40, size: 4 },
        })),
        ...(props.band ? [{ stroke: 'transparent', points: { show: false } }, { stroke: 'transparent', points: { show: false } }] : []),
      ],
      ...(props.band
        ? { bands: [{ series: [props.series.length + 2, props.series.length + 1] as [number, number], fill: colours.band }] }
        : {}),
      hooks: {
        setCursor: [(u) => setAt(u.cursor.idx ?? null)],
        draw: [
          (u) => {
            const { ctx, bbox } = u;
            const ratio = devicePixelRatio;
            ctx.save();
            ctx.font = `${12 * ratio}px ${token('--font')}`;
            ctx.textBaseline = 'bottom';
            ctx.lineJoin = 'round';
            // A rim of the page's colour keeps words readable across lines.
            const write = (text: string, x: number, y: number) => {
              const { strokeStyle, lineWidth } = ctx;
              ctx.setLineDash([]);
              ctx.strokeStyle = colours.page;
              ctx.lineWidth = 4 * ratio;
              ctx.strokeText(text, x, y);
              ctx.fillText(text, x, y);
              ctx.strokeStyle = strokeStyle;
              ctx.lineWidth = lineWidth;
            };
            for (const line of latest.current.lines ?? []) {
              const y = u.valToPos(line.at, 'y', true);
              if (y < bbox.top || y > bbox.top + bbox.height) continue;
              ctx.strokeStyle = ctx.fillStyle = token('--' + line.colour);
              ctx.lineWidth = 1.5 * ratio;
              ctx.setLineDash([6 * ratio, 4 * ratio]);
              ctx.beginPath();
              ctx.moveTo(bbox.left, y);
              ctx.lineTo(bbox.left + bbox.width, y);
              ctx.stroke();
              ctx.textAlign = 'right';
              write(line.label, bbox.left + bbox.width - 2 * ratio, y - 4 * ratio);
            }
            ctx.setLineDash([2 * ratio, 3 * ratio]);
            ctx.textAlign = 'left';
            ctx.lineWidth = ratio;
            ctx.strokeStyle = ctx.fillStyle = colours.ink2;
            // The newest are named first; an older one whose name has no room keeps its rule.
            let free = Infinity;
            for (const mark of [...(latest.current.marks ?? [])].reverse()) {
              const x = u.valToPos(mark.at, 'x', true);
              if (x < bbox.left || x > bbox.left + bbox.width) continue;
              ctx.setLineDash([2 * ratio, 3 * ratio]);
              ctx.beginPath();
              ctx.moveTo(x, bbox.top);
              ctx.lineTo(x, bbox.top + bbox.height);
              ctx.stroke();
              const width = ctx.measureText(mark.label).width;
              const fits = x + width + 4 * ratio < bbox.left + bbox.width;
              const left = fits ? x + 3 * ratio : x - width - 3 * ratio;
              if (left + width < free) {
                write(mark.label, left, bbox.top - 1 * ratio);
                free = left - 8 * ratio;
              }
            }
            ctx.restore();
          },
        ],
      },
    };
    const made = new uPlot(options, dataOf(latest.current), element);
    plot.current = made;
    const sized = new ResizeObserver(() => {
      const width = element.clientWidth;
      if (width > 0 && width !== made.width) made.setSize({ width, height: props.height ?? HEIGHT });
    });
    sized.observe(element);
    return () => {
      sized.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [shape, enough, isDark, props.sync, props.xKind]);

  useEffect(() => {
    const made = plot.current;
    if (!made) return;
    const x = made.scales['x'];
    const old = made.data[0];
    // A scale that is not set yet is null, whatever the types say.
    const zoomed = x?.min != null && x.max != null && old.length > 0 && (x.min > old[0]! || x.max < old[old.length - 1]!);
    made.setData(dataOf(props), !zoomed);
    if (zoomed) made.redraw();
  }, [props.x, props.series, props.band, props.lines, props.marks]);

  if (!enough) {
    return (
      <figure class={css['figure']}>
        <figcaption>
          <span class={css['title']}>{props.title}</span>
        </figcaption>
        <Empty title={points === 0 ? 'Nothing measured yet.' : `Too little data: ${points} of ${need} points.`} />
      </figure>
    );
  }
  const shown = (s: Series) => {
    if (at !== null) return s.values[at] ?? null;
    for (let i = s.values.length - 1; i >= 0; i--) {
      const v = s.values[i];
      if (v !== null && v !== undefined) return v;
    }
    return null;
  };
  const where = at === null ? undefined : props.x[at];
  const xText = (v: number) => ((props.xKind ?? 'time') === 'time' ? exact(v * 1000) : `${count(v)} ${props.xLabel ?? ''}`);
  return (
    <figure class={css['figure']}>
      <figcaption>
        <span class={css['title']}>{props.title}</span>
        <span class={css['legend']}>
          {props.series.map((s, i) => {
            const v = shown(s);
            return (
              <span key={s.label} class={css['entry']}>
                <i class={s.dash ? css['dash'] : ''} style={{ color: `var(--series-${((s.colour ?? i + 1) - 1) % 6 + 1})` }} />
                {s.label} <b class="num">{v === null ? '–' : format(v)}</b>
              </span>
            );
          })}
          {props.band && (
            <span class={css['entry']}>
              <i class={css['area']} />
              {props.band.label}
            </span>
          )}
          <span class={`${css['where']} num`}>{where === undefined ? '' : xText(where)}</span>
        </span>
      </figcaption>
      <div ref={place} class={css['plot']} style={{ minHeight: `${props.height ?? HEIGHT}px` }} role="img" aria-label={`${props.title}. ${props.series.map((s) => `${s.label}: ${shown(s) === null ? 'no value' : format(shown(s)!)}`).join(', ')}.`} />
      <details class={css['details']}>
        <summary>{props.xLabel ? `Figures by ${props.xLabel}` : 'Figures'}</summary>
        <Figures {...props} />
      </details>
    </figure>
  );
}

function Figures(props: ChartProps) {
  const format = props.format ?? figure;
  const rows = props.x.map((_, i) => i).filter((i) => props.series.some((s) => s.values[i] !== null && s.values[i] !== undefined));
  const shown = rows.slice(-50).reverse();
  return (
    <div class={css['scroll']} tabIndex={0} role="region" aria-label={`Figures of ${props.title}`}>
      <table>
        <caption class="sr">
          {props.title}, the last {shown.length} points
        </caption>
        <thead>
          <tr>
            <th scope="col">{(props.xKind ?? 'time') === 'time' ? 'Time' : (props.xLabel ?? 'x')}</th>
            {props.series.map((s) => (
              <th scope="col" key={s.label}>
                {s.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((i) => (
            <tr key={i}>
              <th scope="row">{(props.xKind ?? 'time') === 'time' ? exact(props.x[i]! * 1000) : count(props.x[i]!)}</th>
              {props.series.map((s) => {
                const v = s.values[i];
                return <td key={s.label}>{v === null || v === undefined ? '–' : format(v)}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function dataOf(props: ChartProps): uPlot.AlignedData {
  const data: (number | null | undefined)[][] = [[...props.x], ...props.series.map((s) => [...s.values])];
  if (props.band) data.push([...props.band.low], [...props.band.high]);
  return data as unknown as uPlot.AlignedData;
}
