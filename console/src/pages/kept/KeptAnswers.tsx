import { api, type Schemas } from '../../lib/api';
import { bytes, count, figure, percent, shell } from '../../lib/format';
import { useLoad } from '../../lib/load';
import { amount, axis, plotted } from '../../lib/money';
import { href } from '../../lib/place';
import { may } from '../../lib/session';
import { Bar } from '../../ui/Bar';
import { Button } from '../../ui/Button';
import { confirm } from '../../ui/Confirm';
import { Command } from '../../ui/Copy';
import { Empty } from '../../ui/Empty';
import { Facts } from '../../ui/Facts';
import { Money } from '../../ui/Money';
import { Page, Section } from '../../ui/Page';
import { Table, type Column } from '../../ui/Table';
import { Loading } from '../../ui/Trouble';
import { Parts } from '../gateway/Parts';
import { Courses, type Drawn } from '../spend/Courses';
import type { Alias } from '../gateway/targets';

type Sums = Schemas['CacheSums'];
type Row = { alias: string; rule: Alias['cache']; sums: Sums };
const NOTHING: Sums = { hits: 0, misses: 0, bypasses: 0, savedUsd: '0', entries: 0, bytes: 0 };

/** Answers that aliases keep: how often they serve, what they save, what they take. */
export default function KeptAnswers() {
  const cache = useLoad('kept answers', (signal) => api.get('/api/v1/gateway/cache', { signal }), { every: 2000 });
  const aliases = useLoad('aliases', (signal) => api.get('/api/v1/aliases', { signal }), { changes: ['gateway.'] });
  const why = may('engineer') ? undefined : 'it needs the role engineer';
  return (
    <Loading of={cache}>
      {(all) => {
        const rows = rowsOf(all, aliases.data?.items ?? []);
        return (
          <Page
            title="Kept answers"
            actions={
              <Button kind="danger" disabled={why !== undefined || all.entries === 0} why={why ?? (all.entries === 0 ? 'none is kept' : undefined)} onClick={() => clear(undefined, all.entries, cache.again)}>
                Drop all of them
              </Button>
            }
            facts={
              <>
                <Parts />
                <Facts
                  items={[
                    ['Answered from what is kept', <Rate of={all} />],
                    ['Saved', <Money usd={all.savedUsd} />],
                    ['Kept now', count(all.entries)],
                    ['Memory', bytes(all.bytes)],
                  ]}
                />
                <p class="quiet">Of the server that answers this page, since it started; what is kept ends with it. The charts are of all servers.</p>
              </>
            }
          >
            <Section title="By alias" count={rows.length}>
              {rows.length === 0 ? (
                <Empty title="No alias keeps answers." commands={['pilot aliases set chat --cache exact --cache-ttl 10m']}>
                  An alias that keeps answers gives the same request the same answer again, at no cost and at once. Nothing is kept unless an
                  alias says so, on the page <a href={href('/gateway')}>Aliases</a> or here:
                </Empty>
              ) : (
                <Table caption="Kept answers by alias" columns={columns(why, cache.again)} rows={rows} id={(r) => r.alias} order="kept" />
              )}
            </Section>
            {rows.length > 0 && <Courses title="Over time" by="alias" values={rows.map((r) => r.alias)} drawn={DRAWN} />}
            <Command text="pilot cache stats" label="The same:" />
          </Page>
        );
      }}
    </Loading>
  );
}

const DRAWN: readonly Drawn[] = [
  { title: 'Saved', unit: 'USD', of: (p) => plotted(amount(p?.savedUsd)), format: axis },
  { title: 'Calls answered from what is kept', unit: '%', of: (p) => (p && p.calls > 0 ? (100 * p.cached) / p.calls : null), format: figure, max: 100 },
];

/** Aliases that keep answers or kept some. */
function rowsOf(all: Schemas['CacheStats'], aliases: readonly Alias[]): Row[] {
  const told = new Map(all.aliases.map((each) => [each.alias, each]));
  const rules = new Map(aliases.filter((a) => a.cache && a.cache.mode !== 'off').map((a) => [a.alias ?? '', a.cache]));
  return [...new Set([...rules.keys(), ...told.keys()])].sort().map((alias) => ({ alias, rule: rules.get(alias), sums: told.get(alias) ?? NOTHING }));
}

function Rate({ of }: { of: Sums }) {
  const asked = of.hits + of.misses + of.bypasses;
  return <>{asked === 0 ? 'none asked yet' : `${percent(of.hits / asked)} % of ${count(asked)}`}</>;
}

function columns(why: string | undefined, again: () => void): readonly Column<Row>[] {
  return [
    { key: 'alias', header: 'Alias', cell: (r) => r.alias, sort: (r) => r.alias },
    { key: 'keeps', header: 'Keeps', cell: (r) => (r.rule ? `${r.rule.mode === 'semantic' ? 'other words too' : 'the same request'}, ${r.rule.ttl ?? '1h'}` : <span class="quiet">nothing any more</span>) },
    {
      key: 'bar',
      header: 'Hits, misses, not looked for',
      cell: ({ sums: s }) => (
        <Bar
          of="requests"
          parts={[
            { label: 'hits', value: s.hits, tone: 'well' },
            { label: 'misses', value: s.misses, tone: 'idle' },
            { label: 'not looked for', value: s.bypasses, tone: 'paused' },
          ]}
        />
      ),
    },
    { key: 'hits', header: 'Hits', numeric: true, cell: (r) => count(r.sums.hits), sort: (r) => r.sums.hits },
    { key: 'misses', header: 'Misses', numeric: true, cell: (r) => count(r.sums.misses), sort: (r) => r.sums.misses },
    { key: 'bypasses', header: 'Not looked for', numeric: true, cell: (r) => count(r.sums.bypasses), sort: (r) => r.sums.bypasses },
    { key: 'saved', header: 'Saved', numeric: true, cell: (r) => <Money usd={r.sums.savedUsd} />, sort: (r) => plotted(amount(r.sums.savedUsd)) },
    { key: 'entries', header: 'Kept', numeric: true, cell: (r) => count(r.sums.entries), sort: (r) => r.sums.entries },
    { key: 'bytes', header: 'Memory', numeric: true, cell: (r) => bytes(r.sums.bytes), sort: (r) => r.sums.bytes },
    {
      key: 'do',
      header: 'Do',
      cell: (r) => (
        <Button disabled={why !== undefined || r.sums.entries === 0} why={why ?? (r.sums.entries === 0 ? 'none is kept' : undefined)} onClick={() => clear(r.alias, r.sums.entries, again)}>
          Drop<span class="sr"> answers of {r.alias}</span>
        </Button>
      ),
    },
  ];
}

function clear(alias: string | undefined, entries: number, done: () => void): void {
  confirm({
    title: alias === undefined ? 'Drop all kept answers?' : `Drop the kept answers of ${alias}?`,
    will: `${entries === 1 ? 'One answer goes' : `${count(entries)} answers go`} here, and those of other servers within about a second, so that the same requests are asked and paid for again.`,
    willNot: 'What was counted stays, and new answers are kept as before.',
    action: 'Drop',
    danger: true,
    command: () => (alias === undefined ? 'pilot cache clear' : `pilot cache clear --alias ${shell(alias)}`),
    run: async () => {
      await api.delete('/api/v1/gateway/cache', { query: { ...(alias !== undefined && { alias }) } });
      done();
    },
  });
}
