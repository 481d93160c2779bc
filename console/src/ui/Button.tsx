import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from './Icon';
import css from './Button.module.css';

type Props = {
  children?: ComponentChildren;
  onClick?: () => void;
  /** `primary`: the one thing to do on the page. `danger`: what cannot be taken back. `bare`: inside other things. */
  kind?: 'primary' | 'plain' | 'danger' | 'bare';
  icon?: IconName;
  /** Needed where there is no text. */
  label?: string;
  disabled?: boolean;
  /** Why it is disabled; shown on hover and read out. */
  why?: string | undefined;
  submit?: boolean;
  pressed?: boolean;
  busy?: boolean;
};

export function Button(props: Props) {
  const kind = props.kind ?? 'plain';
  return (
    <button
      type={props.submit ? 'submit' : 'button'}
      class={`${css['button']} ${css[kind]} ${props.children ? '' : css['square']}`}
      onClick={() => {
        if (!props.disabled && !props.busy) props.onClick?.();
      }}
      aria-disabled={props.disabled || props.busy ? 'true' : undefined}
      aria-label={props.label}
      aria-pressed={props.pressed}
      title={props.why ?? (props.children ? undefined : props.label)}
    >
      {props.icon && <Icon name={props.icon} />}
      {props.children && <span>{props.children}</span>}
      {props.disabled && props.why && <span class="sr">, not possible: {props.why}</span>}
    </button>
  );
}
