/** A line as small as a word: the course of one number, without axes. Gaps (null) stay gaps. */
export function Spark(props: { values: readonly (number | null)[]; label: string; tone?: string }) {
  const width = 96;
  const height = 20;
  const top = Math.max(...props.values.map((v) => v ?? 0), 0);
  const step = width / Math.max(1, props.values.length - 1);
  let d = '';
  let pen = false;
  props.values.forEach((v, i) => {
    if (v === null || top === 0) {
      pen = false;
      return;
    }
    d += `${pen ? 'L' : 'M'}${(i * step).toFixed(1)} ${(height - 2 - (v / top) * (height - 4)).toFixed(1)}`;
    pen = true;
  });
  return (
    <svg role="img" aria-label={props.label} width={width} height={height} viewBox={`0 0 ${width} ${height}`} style={{ display: 'block' }}>
      <path d={d} fill="none" stroke={props.tone ?? 'var(--series-1)'} stroke-width="1.5" stroke-linejoin="round" />
    </svg>
  );
}
