import { api } from '../../lib/api';
import { useLoad } from '../../lib/load';
import { href } from '../../lib/place';
import { Section } from '../../ui/Page';
import { Table } from '../../ui/Table';
import { Loading } from '../../ui/Trouble';
import { ENTRY_COLUMNS } from './Ledger';

/**
 * The newest entries of the ledger about one thing.
 *
 * @param noun what it is, in words
 * @param changes kinds of entries that may be about it
 */
export function History({ subject, noun, changes }: { subject: string; noun: string; changes: readonly string[] }) {
  const entries = useLoad(`history ${subject}`, (signal) => api.get('/api/v1/ledger/entries', { query: { subject, limit: 10 }, signal }), { changes });
  return (
    <Section title="History" aside={<a href={href(`/ledger?subject=${encodeURIComponent(subject)}`)}>All of it on the ledger</a>}>
      <Loading of={entries}>
        {({ items }) => (
          <Table
            caption={`Ledger entries of this ${noun}, the newest first`}
            columns={ENTRY_COLUMNS.filter((column) => column.key !== 'subject')}
            rows={items}
            id={(e) => e.id}
            to={(e) => `/ledger/${e.id}`}
            order="history"
          />
        )}
      </Loading>
    </Section>
  );
}
