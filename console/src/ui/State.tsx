import { toneOf, type Tone } from '../lib/states';
import { Icon, type IconName } from './Icon';
import css from './State.module.css';

const ICONS: Record<Tone, IconName> = {
  well: 'check',
  attention: 'alert',
  failing: 'cross',
  motion: 'moving',
  paused: 'pause',
  idle: 'dot',
};

/** A state in word, sign and colour. `word` where it is shown otherwise than the API names it. */
export function State(props: { state: string; word?: string; tone?: Tone; plain?: boolean }) {
  const tone = props.tone ?? toneOf(props.state);
  return (
    <span class={`${css['state']} ${css[tone]} ${props.plain ? css['plain'] : ''}`} data-state={props.state}>
      <Icon name={ICONS[tone]} size={12} />
      {props.word ?? props.state.replace(/-/g, ' ')}
    </span>
  );
}
