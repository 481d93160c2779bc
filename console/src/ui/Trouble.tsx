import type { ComponentChildren } from 'preact';
import type { Refusal } from '../lib/api';
import type { Loaded } from '../lib/load';
import { Button } from './Button';
import { CopyButton } from './Copy';
import { Icon } from './Icon';
import css from './Trouble.module.css';

/** A refusal: what happened, why, its request id, and a way to try again. */
export function Trouble(props: { error: Refusal; again?: () => void }) {
  const { error } = props;
  return (
    <div class={css['trouble']} role="alert">
      <p class={css['title']}>
        <Icon name="cross" /> {error.title}
      </p>
      <p>{error.detail}</p>
      {error.problems.length > 0 && (
        <ul class={css['problems']}>
          {error.problems.map((p) => (
            <li key={p.where + p.what}>
              <code>{p.where}</code> {p.what}
            </li>
          ))}
        </ul>
      )}
      <div class={css['foot']}>
        {props.again && <Button onClick={props.again}>Try again</Button>}
        {error.requestId && (
          <span class="quiet">
            Request <code>{error.requestId}</code> <CopyButton text={error.requestId} label="Copy the request id" />
          </span>
        )}
      </div>
    </div>
  );
}

/** Pixels of a row of a skeleton, with the gap after it. */
const ROW = 32;
/** Pixels that a chart takes above and below its plot: title, legend, figures. */
const CHART_WORDS = 80;

/** Grey rows in the place of what loads. */
export function Skeleton(props: { rows?: number }) {
  return (
    <div class={css['skeleton']} role="status" aria-label="Loading">
      {Array.from({ length: props.rows ?? 4 }, (_, i) => (
        <div key={i} />
      ))}
    </div>
  );
}

/**
 * Shows what was loaded; until then a skeleton, or the refusal. A refusal after a load stands above what is still shown. Its room is
 * kept while it loads, so that what stands below does not move away from under a pointer.
 *
 * @param rows lines of text that it is about to show
 * @param charts heights of the charts that it is about to show, in pixels
 */
export function Loading<T>(props: { of: Loaded<T>; rows?: number; charts?: readonly number[]; children: (data: T) => ComponentChildren }) {
  const { data, error, slow, again } = props.of;
  if (data !== undefined) {
    return (
      <>
        {error && <Trouble error={error} again={again} />}
        {props.children(data)}
      </>
    );
  }
  if (error) return <Trouble error={error} again={again} />;
  if (props.charts) {
    return (
      <div class="pair">
        {props.charts.map((height, i) => (
          <div key={i} style={{ minHeight: `${height + CHART_WORDS}px` }}>
            {slow && <Skeleton />}
          </div>
        ))}
      </div>
    );
  }
  const rows = props.rows ?? 4;
  return <div style={{ minHeight: `${rows * ROW}px` }}>{slow && <Skeleton rows={rows} />}</div>;
}
