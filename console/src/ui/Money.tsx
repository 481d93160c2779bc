import { amount, dollars, usd } from '../lib/money';

/** An amount of dollars, short, the exact one on hover. */
export function Money(props: { usd: string | bigint | null | undefined }) {
  if (props.usd === null || props.usd === undefined) return <span class="quiet">–</span>;
  const nanoUsd = typeof props.usd === 'bigint' ? props.usd : amount(props.usd);
  return (
    <span class="num" title={`${usd(nanoUsd)} USD`}>
      {dollars(nanoUsd)}
    </span>
  );
}
