import { useState } from 'preact/hooks';
import { api } from '../../lib/api';
import { curl } from '../../lib/curl';
import { useLoad } from '../../lib/load';
import { href } from '../../lib/place';
import { Field, Select } from '../../ui/Field';
import { Form, FormRow } from '../../ui/Form';
import type { Provider } from './targets';

const KINDS = [
  ['openai', 'OpenAI'],
  ['anthropic', 'Anthropic'],
  ['azure', 'OpenAI at Azure'],
  ['compatible', "who speaks OpenAI's protocol"],
] as const;
const URLS: Record<Provider['kind'], string> = {
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com/v1',
  azure: 'https://NAME.openai.azure.com/openai/v1',
  compatible: 'http://localhost:11434/v1',
};
const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const seconds = (text: string) => /^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= 3600;

/** Declares a provider, or changes one; its key is named, never typed here. */
export function ProviderForm({ provider, done }: { provider: Provider | undefined; done: () => void }) {
  const [name, setName] = useState(provider?.name ?? '');
  const [kind, setKind] = useState<Provider['kind']>(provider?.kind ?? 'openai');
  const [url, setUrl] = useState(provider?.url ?? '');
  const [secret, setSecret] = useState(provider?.secret ?? '');
  const [region, setRegion] = useState(provider?.region ?? '');
  const [prices, setPrices] = useState(provider?.prices ?? '');
  const [first, setFirst] = useState(String(provider?.firstByteSeconds ?? 60));
  const [deadline, setDeadline] = useState(String(provider?.deadlineSeconds ?? 600));
  const [output, setOutput] = useState(String(provider?.maxOutputTokens ?? 16_384));
  const [probe, setProbe] = useState(provider?.probe?.path ?? '');
  const [every, setEvery] = useState(String(provider?.probe?.everySeconds ?? 10));
  const secrets = useLoad('secrets', (signal) => api.get('/api/v1/secrets', { signal }), { changes: ['secret.'] });
  const names = [...new Set((secrets.data?.items ?? []).filter((s) => !s.environment).map((s) => s.name))];
  const why = !NAME.test(name)
    ? 'its name has small letters, digits and dashes'
    : (kind === 'compatible' || kind === 'azure') && !url.trim()
      ? 'it needs an address'
      : url.trim() && !/^https?:\/\/\S+$/.test(url.trim())
        ? 'an address begins with https:// or http://'
        : !/^[a-z0-9-]{0,63}$/.test(region.trim())
          ? 'a region has small letters, digits and dashes'
          : !seconds(first) || !seconds(deadline)
            ? 'times are whole seconds from 1 to 3600'
            : !/^[1-9]\d{0,8}$/.test(output)
              ? 'the output limit is a whole number of tokens'
              : probe.trim() && !/^\/(?!\/)\S*$/.test(probe.trim())
                ? 'a probe asks a path such as /health or /v1/models'
                : probe.trim() && !(seconds(every) && Number(every) >= 5)
                  ? 'a probe is made every 5 to 3600 seconds'
                  : undefined;
  const body = {
    kind,
    ...(url.trim() && { url: url.trim() }),
    ...(secret && { secret }),
    ...(region.trim() && { region: region.trim() }),
    ...(prices.trim() && { prices: prices.trim() }),
    ...(provider?.overheads && provider.kind === kind && { overheads: provider.overheads }),
    maxOutputTokens: Number(output),
    firstByteSeconds: Number(first),
    deadlineSeconds: Number(deadline),
    ...(probe.trim() && { probe: { path: probe.trim(), everySeconds: Number(every), timeoutSeconds: provider?.probe?.timeoutSeconds ?? 2 } }),
  };
  return (
    <Form
      title={provider ? `Change the provider ${provider.name}` : 'Declare a provider'}
      why={why}
      action={provider ? 'Change it' : 'Declare it'}
      command={curl('PUT', `/api/v1/providers/${name || 'NAME'}`, body)}
      run={async () => {
        await api.put('/api/v1/providers/{name}', { path: { name }, body });
        done();
      }}
      cancel={done}
    >
      <FormRow>
        {!provider && <Field label="Name" value={name} onInput={setName} placeholder="openai" />}
        <Select label="It is" value={kind} options={KINDS} onChange={(to) => setKind(to as Provider['kind'])} />
        <Field label="Address" value={url} onInput={setUrl} placeholder={URLS[kind]} />
      </FormRow>
      <FormRow>
        <Select label="Its key is the secret" value={secret} options={[['', 'none'], ...[...new Set([...(secret ? [secret] : []), ...names])].map((n) => [n, n] as const)]} onChange={setSecret} />
        <a href={href('/secrets')}>Set a secret</a>
        <Field label="Region" value={region} onInput={setRegion} placeholder="eu" />
        <Field label="Prices of" value={prices} onInput={setPrices} placeholder={kind === 'compatible' ? name || 'its name' : kind} />
      </FormRow>
      <FormRow>
        <Field label="First byte within, s" value={first} onInput={setFirst} />
        <Field label="Whole answer within, s" value={deadline} onInput={setDeadline} />
        <Field label="Output limit where nobody sets one, tokens" value={output} onInput={setOutput} />
      </FormRow>
      <FormRow>
        <Field label="Ask whether it answers, by GET at" value={probe} onInput={setProbe} placeholder="never; /health, /v1/models" />
        {probe.trim() && <Field label="Every, s" value={every} onInput={setEvery} />}
        <span class="quiet">With its key, at its own address; nothing that is paid for is asked.</span>
      </FormRow>
    </Form>
  );
}
