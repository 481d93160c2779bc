import { brief } from '../lib/format';
import { CopyButton } from './Copy';

/** An id or digest, shortened, the whole one to copy. */
export function Id(props: { id: string; what: string }) {
  return (
    <span style={{ whiteSpace: 'nowrap' }}>
      <code title={props.id}>{brief(props.id)}</code>
      <CopyButton text={props.id} label={`Copy the ${props.what}`} />
    </span>
  );
}
