import { api, type Schemas } from '../../lib/api';
import { figure } from '../../lib/format';
import { useLoad } from '../../lib/load';
import { query, setQuery } from '../../lib/place';
import { may } from '../../lib/session';
import type { Status } from '../../lib/watch';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { Id } from '../../ui/Id';
import { Section } from '../../ui/Page';
import { State } from '../../ui/State';
import { Table, type Column } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { Loading } from '../../ui/Trouble';
import css from './Samples.module.css';

type Sample = Schemas['Sample'];

const COLUMNS: readonly Column<Sample>[] = [
  { key: 'when', header: 'When', cell: (s) => <Time at={s.at} /> },
  { key: 'version', header: 'Version', cell: (s) => (s.shadow ? `${s.version} in shadow` : s.version) },
  {
    key: 'state',
    header: 'Answer',
    cell: (s) => <State plain state={s.status < 400 ? 'passed' : 'failed'} word={s.status < 400 ? 'well' : `failed, ${s.status}`} />,
  },
  { key: 'took', header: 'Took', unit: 'ms', numeric: true, cell: (s) => figure(s.millis) },
  { key: 'in', header: 'Went in', cell: (s) => <Tensors of={s.inputs} /> },
  { key: 'out', header: 'Came out', cell: (s) => <Tensors of={s.outputs} /> },
  { key: 'id', header: 'Request', cell: (s) => <Id id={s.requestId} what="request's id" /> },
];

/** Rows of tensors in one line; whole when opened. */
function Tensors({ of }: { of: unknown }) {
  if (of === null || of === undefined) return <span class="quiet">nothing</span>;
  const text = typeof of === 'string' ? of : JSON.stringify(of);
  return (
    <details class={css['tensors']}>
      <summary>
        <code>{text.replace(/^\[(\{.*\})\]$/, '$1').slice(0, 48)}{text.length > 50 && '…'}</code>
      </summary>
      <pre>{typeof of === 'string' ? of : JSON.stringify(of, null, 1)}</pre>
    </details>
  );
}

/** The last sampled requests of a service; who may not see what went in is not shown them. */
export function Samples({ status }: { status: Status }) {
  const name = status.name;
  const failed = query.value.get('requests') === 'failed';
  const many = query.value.get('samples') ?? '10';
  const allowed = may('engineer');
  const loaded = useLoad(`samples ${name} ${failed} ${many} ${allowed}`, async (signal) =>
    allowed ? api.get('/api/v1/services/{name}/samples', { path: { name }, query: { minutes: 1440, limit: Number(many), ...(failed && { status: 'failed' as const }) }, signal }) : { items: [] },
  );
  const serving = (status.spec as { serving?: { 'log-sample-rate'?: number } }).serving;
  const rate = serving?.['log-sample-rate'];
  return (
    <Section
      title="Sampled requests"
      aside={
        allowed && (
          <>
            <div role="group" aria-label="Show" class="choices">
              <Button pressed={!failed} onClick={() => setQuery({ requests: '' })}>
                All
              </Button>
              <Button pressed={failed} onClick={() => setQuery({ requests: 'failed' })}>
                Failed
              </Button>
            </div>
            <Button icon="moving" onClick={loaded.again}>
              Show newer
            </Button>
          </>
        )
      }
    >
      {!allowed ? (
        <p class="quiet">What went in and came out may be personal data: it needs the role engineer.</p>
      ) : (
        <Loading of={loaded}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title={failed ? 'No sampled request failed within a day.' : 'No request was sampled within a day.'}>
                {rate === 0 ? 'Its service file samples none; ' : rate !== undefined ? `${figure(rate * 100)} % of the requests are kept; ` : ''}
                <code>serving.log-sample-rate</code> says how many are kept to look at.
              </Empty>
            ) : (
              <>
                <Table caption="Sampled requests, the newest first" columns={COLUMNS} rows={items} id={(s) => s.requestId + s.shadow} order="samples" />
                <div class="tools">
                  <span class="quiet">
                    The last {items.length} of a day{rate !== undefined && `; ${figure(rate * 100)} % of the requests are kept`}.
                  </span>
                  {many === '10' && items.length === 10 && <Button onClick={() => setQuery({ samples: '200' })}>Show more</Button>}
                </div>
              </>
            )
          }
        </Loading>
      )}
    </Section>
  );
}
