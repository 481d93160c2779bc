import { exact, relative } from '../lib/format';
import { now } from '../lib/live';

/** A time as how long ago, the exact one on hover. */
export function Time(props: { at: string | null | undefined }) {
  if (!props.at) return <span class="quiet">–</span>;
  const at = Date.parse(props.at);
  return (
    <time dateTime={props.at} title={exact(at)} class="num">
      {relative(at, Math.max(now.value, Date.now()))}
    </time>
  );
}
