/** An interval around zero, drawn to one scale with the others of its table, and written out. */
export function Interval(props: { low: number; high: number; at: number; reach: number; label: string }) {
  const width = 88;
  const x = (v: number) => width / 2 + (Math.max(-props.reach, Math.min(props.reach, v)) / props.reach) * (width / 2 - 4);
  const sure = props.low > 0 ? 'var(--failing)' : props.high < 0 ? 'var(--well)' : 'var(--ink-2)';
  return (
    <span style={{ display: 'inline-flex', alignItems: 'center', gap: '8px', whiteSpace: 'nowrap' }}>
      <svg width={width} height="16" viewBox={`0 0 ${width} 16`} aria-hidden="true">
        <path d={`M${width / 2} 1v14`} stroke="var(--edge)" stroke-dasharray="2 2" />
        <path d={`M${x(props.low)} 8H${x(props.high)}`} stroke={sure} stroke-width="2" />
        <path d={`M${x(props.low)} 4v8M${x(props.high)} 4v8`} stroke={sure} stroke-width="1.5" />
        <circle cx={x(props.at)} cy="8" r="3" fill={sure} />
      </svg>
      <span class="num">{props.label}</span>
    </span>
  );
}
