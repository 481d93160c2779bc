import { useEffect, useRef, useState } from 'preact/hooks';
import { api } from '../../lib/api';
import { useLoad } from '../../lib/load';
import { query, setQuery } from '../../lib/place';
import { Button } from '../../ui/Button';
import { Command } from '../../ui/Copy';
import { Empty } from '../../ui/Empty';
import { Field, Select } from '../../ui/Field';
import { Section } from '../../ui/Page';
import { Loading } from '../../ui/Trouble';

const LINES = [
  ['200', '200'],
  ['1000', '1,000'],
  ['5000', '5,000'],
] as const;

/** What the processes of a service print, as they print it; it follows the end unless somebody scrolled away from it. */
export function Logs({ name }: { name: string }) {
  const lines = query.value.get('lines') ?? '200';
  const wanted = query.value.get('text') ?? '';
  const logs = useLoad(
    `logs ${name} ${lines}`,
    (signal) => api.get('/api/v1/services/{name}/logs', { path: { name }, query: { lines: Number(lines) }, signal }),
    { every: 1500 },
  );
  const box = useRef<HTMLPreElement>(null);
  const [follows, setFollows] = useState(true);
  useEffect(() => {
    if (follows && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [logs.data, follows, wanted]);
  return (
    <Section
      title="Output of its processes"
      aside={
        <>
          <Field label="With" value={wanted} placeholder="error" onInput={(text) => setQuery({ text })} />
          <Select label="Lines" value={lines} options={LINES} onChange={(value) => setQuery({ lines: value })} />
          <Button pressed={follows} onClick={() => setFollows(!follows)}>
            Follow
          </Button>
        </>
      }
    >
      <Loading of={logs}>
        {({ items }) => {
          const shown = wanted ? items.filter((line) => line.toLowerCase().includes(wanted.toLowerCase())) : items;
          return shown.length === 0 ? (
            <Empty title={items.length === 0 ? 'Its processes have printed nothing yet.' : 'No line has that text.'} />
          ) : (
            <pre
              ref={box}
              class="lines"
              tabIndex={0}
              role="region"
              aria-label="Output"
              onScroll={(event) => {
                const at = event.currentTarget;
                setFollows(at.scrollHeight - at.scrollTop - at.clientHeight < 24);
              }}
            >
              {shown.join('\n')}
            </pre>
          );
        }}
      </Loading>
      <Command text={`pilot logs ${name} --follow`} label="The same:" />
    </Section>
  );
}
