import { href, path } from '../../lib/place';
import css from './Parts.module.css';

const PARTS = [
  ['/gateway', 'Aliases'],
  ['/gateway/rollouts', 'Rollouts'],
  ['/gateway/health', 'Health'],
  ['/gateway/cache', 'Kept answers'],
  ['/gateway/guards', 'Guards'],
] as const;

/** The pages of the gateway, each a link, so that one can be shared. */
export function Parts() {
  return (
    <nav class={css['parts']} aria-label="Parts of the gateway">
      {PARTS.map(([to, label]) => (
        <a key={to} href={href(to)} aria-current={path.value === to ? 'page' : undefined}>
          {label}
        </a>
      ))}
    </nav>
  );
}
