import { useMemo } from 'preact/hooks';
import { api, type Schemas } from '../../lib/api';
import { useLoad } from '../../lib/load';
import { href } from '../../lib/place';
import { Empty } from '../../ui/Empty';
import { Section } from '../../ui/Page';
import { State } from '../../ui/State';
import { Table, type Column } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { Loading } from '../../ui/Trouble';
import css from './Lineage.module.css';

type Graph = Schemas['Lineage'];
type Node = Schemas['LineageNode'];
export type Beginning =
  | { dataset: string; version?: number }
  | { run: string }
  | { model: string; version?: number }
  | { service: string };

const KINDS = ['dataset', 'run', 'model', 'release', 'service'] as const;
const HEADS: Record<Node['kind'], string> = { dataset: 'Data', run: 'Run', model: 'Model version', release: 'Release', service: 'In production' };
const CHANGES = ['dataset.', 'run.', 'model.', 'release.', 'rollout.', 'service.'];
/** Rows of one column of the picture; the list has them all. */
const MOST = 12;
const BOX = { width: 168, height: 44, gapX: 40, gapY: 12, top: 28 };

export function linkOf(node: Node): string | undefined {
  if (!node.name) return undefined;
  const name = encodeURIComponent(node.name);
  switch (node.kind) {
    case 'dataset':
      return `/datasets/${name}${node.version ? `?version=${node.version}` : ''}`;
    case 'run':
      return `/runs/${name}`;
    case 'model':
      return `/models/${name}${node.version ? `/${node.version}` : ''}`;
    case 'release':
      return `/services/${name}/releases/${node.id.slice('release/'.length)}`;
    case 'service':
      return `/services/${name}`;
  }
}

/** Dataset version, run, model version, release, service: as a picture, and as a list with every one of them. */
export function Lineage(props: { of: Beginning; title?: string; empty?: string; commands?: readonly string[] }) {
  const loaded = useLoad(`lineage ${JSON.stringify(props.of)}`, (signal) => api.get('/api/v1/lineage', { query: props.of, signal }), {
    changes: CHANGES,
  });
  return (
    <Section title={props.title ?? 'Lineage'}>
      <Loading of={loaded}>
        {(graph) =>
          graph.nodes.length < 2 ? (
            <Empty title={props.empty ?? 'Nothing is known of where it came from or what came of it.'} commands={props.commands ?? []}>
              A run says what data it read with <code>mlflow.log_input</code>; a version that it registers and the releases of it join by
              themselves.
            </Empty>
          ) : (
            <Drawn graph={graph} here={here(props.of)} />
          )
        }
      </Loading>
    </Section>
  );
}

function here(of: Beginning): (node: Node) => boolean {
  return (node) => {
    if ('run' in of) return node.id === `run/${of.run}`;
    if ('service' in of) return node.id === `service/${of.service}`;
    const [kind, name] = 'model' in of ? (['model', of.model] as const) : (['dataset', of.dataset] as const);
    return node.kind === kind && node.name === name && (of.version === undefined || node.version === of.version);
  };
}

const cut = (text: string, most: number) => (text.length > most ? text.slice(0, most - 1) + '…' : text);

function Drawn({ graph, here }: { graph: Graph; here: (node: Node) => boolean }) {
  const made = useMemo(() => layout(graph), [graph]);
  return (
    <>
      <div class={css['frame']} tabIndex={0} role="region" aria-label="Lineage as a picture">
        <svg width={made.width} height={made.height} viewBox={`0 0 ${made.width} ${made.height}`} role="group" aria-label={made.sentence}>
          {made.columns.map((column) => (
            <text key={column.kind} class={css['head']} x={column.x} y={14}>
              {HEADS[column.kind]}
              {column.more > 0 && `, ${column.more} more in the list`}
            </text>
          ))}
          {made.links.map((link) => (
            <path key={link.key} class={`${css['link']} ${link.aside ? css['aside'] : ''}`} d={link.d} marker-end="url(#lineage-arrow)" />
          ))}
          <defs>
            <marker id="lineage-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
              <path d="M1 1l6 3-6 3" fill="none" stroke="var(--edge)" stroke-width="1.4" />
            </marker>
          </defs>
          {made.boxes.map(({ node, x, y }) => {
            const to = linkOf(node);
            const inside = (
              <>
                <title>{`${HEADS[node.kind]}: ${node.title}${node.detail ? `, ${node.detail}` : ''}${node.state ? `, ${node.state}` : ''}`}</title>
                <rect class={css['box']} x={x} y={y} width={BOX.width} height={BOX.height} rx={6} />
                <text class={`${css['title']} ${to ? '' : css['plain']}`} x={x + 10} y={y + (second(node) ? 18 : 27)}>
                  {cut(node.title, 21)}
                </text>
                {second(node) && (
                  <text class={css['detail']} x={x + 10} y={y + 35}>
                    {cut(second(node), 25)}
                  </text>
                )}
              </>
            );
            return to ? (
              <a key={node.id} href={href(to)} class={here(node) ? css['here'] : ''} aria-current={here(node) ? 'true' : undefined}>
                {inside}
              </a>
            ) : (
              <g key={node.id}>{inside}</g>
            );
          })}
        </svg>
      </div>
      {made.lanes > 0 && <p class="quiet">Dashed: data on which a gate checked the release.</p>}
      <details class={css['list']}>
        <summary>As a list</summary>
        <Table caption="Lineage" columns={columnsOf(graph)} rows={made.ordered} id={(n) => n.id} order="lineage" />
      </details>
    </>
  );
}

function second(node: Node): string {
  return [node.detail, node.kind === 'service' ? undefined : node.state?.replace(/-/g, ' ')].filter(Boolean).join(' · ');
}

function columnsOf(graph: Graph): readonly Column<Node>[] {
  const titles = new Map(graph.nodes.map((n) => [n.id, n]));
  const others = (id: string, from: 'from' | 'to', to: 'from' | 'to') =>
    graph.links
      .filter((l) => l[from] === id)
      .map((l) => titles.get(l[to]))
      .filter((n) => n !== undefined)
      .map((n, i) => {
        const to = linkOf(n);
        return (
          <span key={n.id}>
            {i > 0 && ', '}
            {to ? <a href={href(to)}>{n.title}</a> : n.title}
          </span>
        );
      });
  return [
    {
      key: 'title',
      header: 'What',
      cell: (n) => {
        const to = linkOf(n);
        return to ? <a href={href(to)}>{n.title}</a> : n.title;
      },
    },
    { key: 'kind', header: 'Kind', cell: (n) => HEADS[n.kind] },
    { key: 'state', header: 'State', cell: (n) => (n.state ? <State state={n.state} plain /> : (n.detail ?? '')) },
    { key: 'from', header: 'Came of', wide: true, cell: (n) => others(n.id, 'to', 'from') },
    { key: 'to', header: 'Led to', wide: true, cell: (n) => others(n.id, 'from', 'to') },
    { key: 'at', header: 'When', numeric: true, cell: (n) => <Time at={n.at} /> },
  ];
}

function layout(graph: Graph) {
  const of = (kind: Node['kind']) => graph.nodes.filter((n) => n.kind === kind);
  const columns = KINDS.filter((kind) => of(kind).length > 0).map((kind, i) => {
    const all = of(kind);
    return { kind, x: 1 + i * (BOX.width + BOX.gapX), shown: all.slice(0, MOST), more: Math.max(0, all.length - MOST) };
  });
  const most = Math.max(...columns.map((c) => c.shown.length));
  const height = BOX.top + most * (BOX.height + BOX.gapY);
  const place = new Map<string, { x: number; y: number }>();
  const boxes: { node: Node; x: number; y: number }[] = [];
  for (const column of columns) {
    // What hangs together stands at one height: by the mean height of what it came of.
    const wish = (node: Node) => {
      const from = graph.links.filter((l) => l.to === node.id).map((l) => place.get(l.from)?.y);
      const known = from.filter((y) => y !== undefined);
      return known.length > 0 ? known.reduce((a, b) => a + b, 0) / known.length : Infinity;
    };
    const wishes = new Map(column.shown.map((n) => [n.id, wish(n)]));
    const sorted = [...column.shown].sort((a, b) => {
      const x = wishes.get(a.id)!;
      const y = wishes.get(b.id)!;
      return x === y ? 0 : x - y;
    });
    const start = BOX.top + ((most - sorted.length) * (BOX.height + BOX.gapY)) / 2;
    sorted.forEach((node, i) => {
      const at = { x: column.x, y: start + i * (BOX.height + BOX.gapY) };
      place.set(node.id, at);
      boxes.push({ node, ...at });
    });
  }
  const lanes: string[] = [];
  const links = graph.links.flatMap(({ from, to }) => {
    const a = place.get(from);
    const b = place.get(to);
    if (!a || !b) return [];
    const x1 = a.x + BOX.width;
    const y1 = a.y + BOX.height / 2;
    const x2 = b.x - 2;
    const y2 = b.y + BOX.height / 2;
    const key = `${from} ${to}`;
    if (x2 - x1 > BOX.gapX + 4) {
      // What passes a column by goes below all boxes, each beginning on a lane of its own.
      let lane = lanes.indexOf(from);
      if (lane < 0) lane = lanes.push(from) - 1;
      const off = 8 + 5 * (lane % 4);
      return [{ key, aside: true, d: `M${x1} ${y1}H${x1 + off}V${height + 4 + lane * 8}H${x2 - 14 - off / 2}V${y2 + 8}H${x2}` }];
    }
    const bend = Math.max(16, (x2 - x1) / 2);
    return [{ key, aside: false, d: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}` }];
  });
  const ordered = KINDS.flatMap((kind) => of(kind));
  const sentence = `Lineage: ${columns.map((c) => `${HEADS[c.kind]} ${c.shown.map((n) => n.title).join(', ')}`).join('; ')}`;
  return { columns, boxes, links, ordered, sentence, lanes: lanes.length, height: height + (lanes.length > 0 ? lanes.length * 8 + 4 : 0), width: columns.length * (BOX.width + BOX.gapX) - BOX.gapX + 2 };
}
