import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { href, query, setQuery } from '../lib/place';
import { Icon } from './Icon';
import css from './Table.module.css';

export type Column<T> = {
  key: string;
  header: string;
  /** Stands small beside the header, so that cells need none. */
  unit?: string;
  numeric?: boolean;
  /** Takes the width that is left. */
  wide?: boolean;
  cell: (row: T) => ComponentChildren;
  /** Makes the column sortable. */
  sort?: (row: T) => number | string;
};

const ROW = 33;
const WINDOW_FROM = 200;

/**
 * A table with a caption, right-aligned numbers and a first column that stays on narrow screens. The order is in the
 * address; more than 200 rows are drawn only where they can be seen.
 */
export function Table<T>(props: {
  caption: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  id: (row: T) => string;
  /** Where a row leads; its first cell becomes the link. */
  to?: (row: T) => string;
  /** Name of the address's parameter that holds the order; several tables of a page need different ones. */
  order?: string;
}) {
  const parameter = props.order ?? 'order';
  const [by, direction] = (query.value.get(parameter) ?? '').split('.');
  const sorting = props.columns.find((column) => column.key === by && column.sort);
  let rows = props.rows;
  if (sorting?.sort) {
    const value = sorting.sort;
    const sign = direction === 'down' ? -1 : 1;
    rows = [...rows].sort((a, b) => {
      const x = value(a);
      const y = value(b);
      return sign * (typeof x === 'string' || typeof y === 'string' ? String(x).localeCompare(String(y)) : x - y);
    });
  }
  const body = useRef<HTMLTableSectionElement>(null);
  const [seen, setSeen] = useState({ from: 0, to: WINDOW_FROM });
  const windowed = rows.length > WINDOW_FROM;
  useEffect(() => {
    if (!windowed) return undefined;
    const look = () => {
      const top = body.current?.getBoundingClientRect().top ?? 0;
      const from = Math.max(0, Math.floor(-top / ROW) - 20);
      const to = from + Math.ceil(innerHeight / ROW) + 40;
      setSeen((before) => (before.from === from && before.to === to ? before : { from, to }));
    };
    look();
    addEventListener('scroll', look, { passive: true });
    addEventListener('resize', look);
    return () => {
      removeEventListener('scroll', look);
      removeEventListener('resize', look);
    };
  }, [windowed, rows.length]);
  const from = windowed ? Math.min(seen.from, rows.length) : 0;
  const to = windowed ? Math.min(seen.to, rows.length) : rows.length;
  return (
    <div class={css['frame']} tabIndex={0} role="group" aria-label={props.caption}>
      <table class={css['table']} aria-rowcount={windowed ? rows.length + 1 : undefined}>
        <caption class="sr">{props.caption}</caption>
        <thead>
          <tr>
            {props.columns.map((column) => {
              const active = sorting === column;
              const text = (
                <>
                  {column.header}
                  {column.unit && <span class={css['unit']}> {column.unit}</span>}
                </>
              );
              return (
                <th
                  key={column.key}
                  scope="col"
                  class={`${column.numeric ? css['numeric'] : ''} ${column.wide ? css['wide'] : ''}`}
                  aria-sort={active ? (direction === 'down' ? 'descending' : 'ascending') : undefined}
                >
                  {column.sort ? (
                    <button
                      type="button"
                      onClick={() => {
                        const first = column.numeric ? 'down' : 'up';
                        const second = first === 'up' ? 'down' : 'up';
                        const next = !active ? first : direction === first ? second : '';
                        setQuery({ [parameter]: next && `${column.key}.${next}` });
                      }}
                    >
                      {text}
                      {active && <Icon name={direction === 'down' ? 'down' : 'up'} size={11} />}
                    </button>
                  ) : (
                    text
                  )}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody ref={body}>
          {from > 0 && (
            <tr class={css['gap']} aria-hidden="true" key="above">
              <td colSpan={props.columns.length} style={{ height: `${from * ROW}px` }} />
            </tr>
          )}
          {rows.slice(from, to).map((row, i) => (
            <tr key={props.id(row)} aria-rowindex={windowed ? from + i + 2 : undefined}>
              {props.columns.map((column, place) => {
                const content = column.cell(row);
                const classes = `${column.numeric ? css['numeric'] : ''} ${column.wide ? css['wide'] : ''}`;
                return place === 0 ? (
                  <th key={column.key} scope="row" class={classes}>
                    {props.to ? <a href={href(props.to(row))}>{content}</a> : content}
                  </th>
                ) : (
                  <td key={column.key} class={classes}>
                    {content}
                  </td>
                );
              })}
            </tr>
          ))}
          {to < rows.length && (
            <tr class={css['gap']} aria-hidden="true" key="below">
              <td colSpan={props.columns.length} style={{ height: `${(rows.length - to) * ROW}px` }} />
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}
