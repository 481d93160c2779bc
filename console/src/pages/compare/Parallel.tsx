import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { figure } from '../../lib/format';
import * as mlflow from '../../lib/mlflow';
import type { Run } from '../../lib/mlflow';
import { go, href } from '../../lib/place';
import { Empty } from '../../ui/Empty';
import { Button } from '../../ui/Button';
import css from './Parallel.module.css';

export type Axis = { kind: 'm' | 'p' | 't'; key: string };

const HEIGHT = 300;
const TOP = 40;
const BOTTOM = 16;
const STEP = 132;
const SIDE = 56;
/** So many runs have a colour of their own; beyond, the last axis gives it. */
const COLOURS = 6;

type Drawn = {
  axis: Axis;
  x: number;
  log: boolean;
  ticks: readonly { y: number; text: string }[];
  y: (run: Run) => number | null;
  text: (run: Run) => string;
  numeric: boolean;
};

function raw(run: Run, axis: Axis): string | number | undefined {
  if (axis.kind === 'm') return mlflow.metric(run, axis.key);
  return axis.kind === 'p' ? mlflow.param(run, axis.key) : mlflow.tag(run, axis.key);
}

function drawn(axis: Axis, runs: readonly Run[], x: number): Drawn {
  const values = runs.map((r) => raw(r, axis)).filter((v) => v !== undefined && v !== '');
  const numbers = values.map(Number);
  const numeric = values.length > 0 && numbers.every((n) => Number.isFinite(n));
  const span = HEIGHT - TOP - BOTTOM;
  const at = (share: number) => TOP + span * (1 - share);
  if (numeric) {
    const low = Math.min(...numbers);
    const high = Math.max(...numbers);
    const log = low > 0 && high / low > 50;
    const scale = (n: number) => (log ? Math.log(n) : n);
    const share = (n: number) => (high === low ? 0.5 : (scale(n) - scale(low)) / (scale(high) - scale(low)));
    const unscale = (s: number) => (log ? Math.exp(scale(low) + s * (scale(high) - scale(low))) : low + s * (high - low));
    const different = [...new Set(numbers)];
    const shares = different.length <= 6 ? different.map(share) : [0, 0.25, 0.5, 0.75, 1];
    return {
      axis,
      x,
      log,
      numeric,
      ticks: shares.map((s) => ({ y: at(s), text: figure(unscale(s)) })),
      y: (run) => {
        const v = raw(run, axis);
        return v === undefined || v === '' ? null : at(share(Number(v)));
      },
      text: (run) => {
        const v = raw(run, axis);
        return v === undefined ? '–' : figure(Number(v));
      },
    };
  }
  const names = [...new Set(values.map(String))].sort();
  const share = (name: string) => (names.length < 2 ? 0.5 : names.indexOf(name) / (names.length - 1));
  const every = Math.max(1, Math.ceil(names.length / 14));
  return {
    axis,
    x,
    log: false,
    numeric,
    ticks: names.filter((_, i) => i % every === 0).map((name) => ({ y: at(share(name)), text: short(name, 16) })),
    y: (run) => {
      const v = raw(run, axis);
      return v === undefined || v === '' ? null : at(share(String(v)));
    },
    text: (run) => short(String(raw(run, axis) ?? '–'), 32),
  };
}

const short = (text: string, most: number) => (text.length > most ? text.slice(0, most - 1) + '…' : text);

/**
 * Runs as lines over params and metrics. Arrow keys walk through the runs and Enter opens one; a range drawn on an axis
 * shows only the runs within.
 */
export function Parallel(props: { runs: readonly Run[]; axes: readonly Axis[]; colour?: (run: Run) => number }) {
  const place = useRef<HTMLDivElement>(null);
  const svg = useRef<SVGSVGElement>(null);
  const [width, setWidth] = useState(800);
  const [active, setActive] = useState(-1);
  const [brushes, setBrushes] = useState<Record<string, readonly [number, number]>>({});
  useEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    const sized = new ResizeObserver(() => setWidth(element.clientWidth));
    sized.observe(element);
    return () => sized.disconnect();
  }, []);
  const { runs } = props;
  const axes = props.axes;
  const inner = Math.max(width - 2 * SIDE, STEP * (axes.length - 1));
  const name = (axis: Axis) => axis.kind + axis.key;
  const all = useMemo(
    () => axes.map((axis, i) => drawn(axis, runs, SIDE + (axes.length > 1 ? (inner * i) / (axes.length - 1) : inner / 2))),
    [axes.map(name).join('|'), runs, inner],
  );
  const lines = useMemo(
    () =>
      runs.map((run) => {
        let d = '';
        let pen = false;
        for (const axis of all) {
          const y = axis.y(run);
          if (y === null) pen = false;
          else {
            d += `${pen ? 'L' : 'M'}${axis.x.toFixed(1)} ${y.toFixed(1)}`;
            pen = true;
          }
        }
        return d;
      }),
    [runs, all],
  );
  if (axes.length < 2) {
    return <Empty title="Fewer than two columns.">Choose params and metrics under Columns; each becomes an axis.</Empty>;
  }
  const within = (run: Run) =>
    all.every((axis) => {
      const brush = brushes[name(axis.axis)];
      const y = axis.y(run);
      return !brush || (y !== null && y >= brush[0] && y <= brush[1]);
    });
  const passing = runs.map(within);
  const few = runs.length <= COLOURS;
  const last = [...all].reverse().find((a) => a.axis.kind === 'm' && a.numeric) ?? [...all].reverse().find((a) => a.numeric);
  const colour = (run: Run, i: number) => {
    if (few) return `var(--series-${props.colour?.(run) ?? i + 1})`;
    const y = last?.y(run);
    if (y === null || y === undefined) return 'var(--edge)';
    const share = 1 - (y - TOP) / (HEIGHT - TOP - BOTTOM);
    return `color-mix(in oklab, var(--series-1) ${Math.round(share * 100)}%, var(--series-2))`;
  };
  const walk = (by: number) => {
    const able = runs.map((_, i) => i).filter((i) => passing[i]);
    if (able.length === 0) return;
    const here = able.indexOf(active);
    setActive(able[(here + by + able.length + (here < 0 && by < 0 ? 1 : 0)) % able.length]!);
  };
  const draw = (axis: Drawn, event: PointerEvent) => {
    const box = svg.current!.getBoundingClientRect();
    const at = (e: PointerEvent) => Math.max(TOP, Math.min(HEIGHT - BOTTOM, e.clientY - box.top));
    const from = at(event);
    const target = event.currentTarget as Element;
    target.setPointerCapture(event.pointerId);
    const move = (e: Event) => {
      const to = at(e as PointerEvent);
      setBrushes((before) => {
        const next = { ...before };
        if (Math.abs(to - from) < 4) delete next[name(axis.axis)];
        else next[name(axis.axis)] = [Math.min(from, to), Math.max(from, to)];
        return next;
      });
    };
    const up = (e: Event) => {
      move(e);
      target.removeEventListener('pointermove', move);
      target.removeEventListener('pointerup', up);
    };
    target.addEventListener('pointermove', move);
    target.addEventListener('pointerup', up);
  };
  const shown = active >= 0 && active < runs.length ? runs[active] : undefined;
  const limited = Object.keys(brushes).length > 0;
  return (
    <figure class={css['figure']}>
      <div class={css['said']} role="status">
        {shown ? (
          <>
            <a href={href(`/runs/${shown.info.run_id}`)}>{shown.info.run_name}</a>
            {all.map((a) => (
              <span key={name(a.axis)}>
                {a.axis.key} <b class="num">{a.text(shown)}</b>
              </span>
            ))}
          </>
        ) : (
          <span>Point at a line, or walk through the runs with the arrow keys. Drag along an axis to keep a range.</span>
        )}
        {limited && (
          <>
            <span class="num">
              {passing.filter(Boolean).length} of {runs.length} runs
            </span>
            <Button kind="bare" onClick={() => setBrushes({})}>
              All ranges
            </Button>
          </>
        )}
        {!few && last && (
          <span class={css['scale']}>
            {last.axis.key}: {last.ticks[0]?.text} <i /> {last.ticks[last.ticks.length - 1]?.text}
          </span>
        )}
      </div>
      <div ref={place} class={css['frame']}>
        <svg
          ref={svg}
          class={few ? css['few'] : ''}
          width={inner + 2 * SIDE}
          height={HEIGHT}
          role="listbox"
          tabindex={0}
          aria-label={`Parallel coordinates of ${runs.length} runs over ${axes.map((a) => a.key).join(', ')}`}
          aria-activedescendant={shown ? `line-${shown.info.run_id}` : undefined}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown' || event.key === 'ArrowRight') walk(1);
            else if (event.key === 'ArrowUp' || event.key === 'ArrowLeft') walk(-1);
            else if (event.key === 'Escape') {
              setActive(-1);
              setBrushes({});
            } else if (event.key === 'Enter' && shown) go(`/runs/${shown.info.run_id}`);
            else return;
            event.preventDefault();
          }}
          onPointerLeave={() => setActive(-1)}
        >
          {runs.map((run, i) => (
            <path
              key={run.info.run_id}
              id={`line-${run.info.run_id}`}
              role="option"
              aria-selected={i === active}
              aria-label={`${run.info.run_name}: ${all.map((a) => `${a.axis.key} ${a.text(run)}`).join(', ')}`}
              d={lines[i]!}
              class={`${css['line']} ${!passing[i] ? css['dim'] : i === active ? css['active'] : active >= 0 && !few ? css['dim'] : ''}`}
              style={{ stroke: colour(run, i) }}
            />
          ))}
          {shown && <path aria-hidden="true" d={lines[active]!} class={`${css['line']} ${css['active']}`} style={{ stroke: 'var(--ink)' }} />}
          <g aria-hidden="true">
            {runs.map((run, i) =>
              passing[i] ? (
                <path key={run.info.run_id} d={lines[i]!} class={css['hit']} onPointerEnter={() => setActive(i)} onClick={() => go(`/runs/${run.info.run_id}`)} />
              ) : null,
            )}
            {all.map((axis, i) => (
              <g key={name(axis.axis)}>
                <line class={css['axis']} x1={axis.x} x2={axis.x} y1={TOP} y2={HEIGHT - BOTTOM} />
                <text class={css['title']} x={axis.x} y={16} text-anchor={i === 0 ? 'start' : i === all.length - 1 ? 'end' : 'middle'} dx={i === 0 ? -SIDE + 8 : i === all.length - 1 ? SIDE - 8 : 0}>
                  {short(axis.axis.key, 20)}
                  {axis.log ? ' (log)' : ''}
                </text>
                {axis.ticks.map((tick) => (
                  <text key={tick.text + tick.y} class={css['tick']} x={axis.x + (i === all.length - 1 ? 6 : -6)} y={tick.y + 4} text-anchor={i === all.length - 1 ? 'start' : 'end'}>
                    {tick.text}
                  </text>
                ))}
                {brushes[name(axis.axis)] && (
                  <rect
                    class={css['brush']}
                    x={axis.x - 7}
                    width={14}
                    y={brushes[name(axis.axis)]![0]}
                    height={brushes[name(axis.axis)]![1] - brushes[name(axis.axis)]![0]}
                  />
                )}
                <rect class={css['grip']} x={axis.x - 10} width={20} y={TOP} height={HEIGHT - TOP - BOTTOM} onPointerDown={(e) => draw(axis, e)} />
              </g>
            ))}
          </g>
        </svg>
      </div>
    </figure>
  );
}
