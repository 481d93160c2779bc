import { figure } from '../../lib/format';
import type { Probe } from './health';

const HEIGHT = 28;
const STEP = 4;

/** The last probes of a provider, one bar each: as high as it took, of full height and another colour where it failed. */
export function Pulse({ probes, label }: { probes: readonly Probe[]; label: string }) {
  const slowest = Math.max(1, ...probes.filter((p) => p.up).map((p) => p.millis));
  const width = Math.max(1, probes.length) * STEP;
  return (
    <svg role="img" aria-label={label} height={HEIGHT} width={width} viewBox={`0 0 ${width} ${HEIGHT}`} preserveAspectRatio="none" style={{ display: 'block', maxWidth: '100%' }}>
      {probes.map((p, i) => {
        const height = p.up ? Math.max(3, (p.millis / slowest) * (HEIGHT - 4)) : HEIGHT;
        return (
          <rect key={p.at} x={i * STEP} y={HEIGHT - height} width={STEP - 1} height={height} fill={p.up ? 'var(--well)' : 'var(--failing)'}>
            <title>{`${new Date(p.at).toLocaleTimeString('en-GB')}: ${p.up ? `${figure(p.millis)} ms` : 'failed'}`}</title>
          </rect>
        );
      })}
    </svg>
  );
}
