import { api } from '../../lib/api';
import { useLoad } from '../../lib/load';
import { query, setQuery } from '../../lib/place';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { Field } from '../../ui/Field';
import { Page } from '../../ui/Page';
import { Loading } from '../../ui/Trouble';
import { moving, ServiceTable } from './ServiceTable';

const SHOW = [
  { key: '', label: 'All' },
  { key: 'moving', label: 'In motion' },
  { key: 'stable', label: 'At rest' },
] as const;

export default function Services() {
  const services = useLoad('services', (signal) => api.get('/api/v1/services', { signal }), {
    changes: ['service.', 'release.', 'rollout.', 'gate.'],
  });
  const traffic = useLoad('traffic', (signal) => api.get('/api/v1/traffic', { signal }), { every: 15_000 });
  const wanted = (query.value.get('name') ?? '').toLowerCase();
  const show = query.value.get('show') ?? '';
  return (
    <Page title="Services">
      <Loading of={services}>
        {({ items }) => {
          if (items.length === 0) return <NoServices />;
          const shown = items.filter(
            (s) => s.name.toLowerCase().includes(wanted) && (show === '' || moving(s) === (show === 'moving')),
          );
          return (
            <>
              <div class="tools">
                <Field label="Name" value={query.value.get('name') ?? ''} onInput={(name) => setQuery({ name })} />
                <div role="group" aria-label="Show" class="choices">
                  {SHOW.map(({ key, label }) => (
                    <Button key={key} pressed={show === key} onClick={() => setQuery({ show: key })}>
                      {label}
                    </Button>
                  ))}
                </div>
                <span class="quiet num">
                  {shown.length} of {items.length}
                </span>
              </div>
              {shown.length > 0 ? (
                <ServiceTable services={shown} traffic={traffic.data} />
              ) : (
                <Empty title="No service is like that.">Show all, or write less of the name.</Empty>
              )}
            </>
          );
        }}
      </Loading>
    </Page>
  );
}

export function NoServices() {
  return (
    <Empty
      title="No services yet."
      commands={['pilot model add fraud model.onnx', 'pilot apply -f pilothouse.yaml', 'pilot release fraud --model fraud/1']}
    >
      A service is a model behind an address, with gates and a rollout. Register a model, declare the service, release it:
    </Empty>
  );
}
