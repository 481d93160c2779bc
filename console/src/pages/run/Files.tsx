import { useState } from 'preact/hooks';
import { bytes } from '../../lib/format';
import { useLoad } from '../../lib/load';
import * as mlflow from '../../lib/mlflow';
import { apiBase } from '../../lib/place';
import { Command } from '../../ui/Copy';
import { Empty } from '../../ui/Empty';
import { Icon } from '../../ui/Icon';
import { Section } from '../../ui/Page';
import { Loading } from '../../ui/Trouble';
import css from './Run.module.css';

/** The files of a run as a tree; a folder is asked for when it is opened. */
export function Files({ run }: { run: string }) {
  const top = useLoad(`artifacts ${run}`, (signal) => mlflow.artifacts(run, '', signal), { every: 30_000 });
  return (
    <Section title="Files">
      <Loading of={top}>
        {(files) =>
          files.length === 0 ? (
            <Empty title="No files." commands={["mlflow.log_artifact('confusion.png')"]}>
              Models, plots and tables that the run logs would be here:
            </Empty>
          ) : (
            <>
              <div class={css['files']}>
                <Level run={run} files={files} open={files.length === 1} />
              </div>
              <Command text={`mlflow artifacts download --run-id ${run} --dst-path .`} label="All of them:" />
            </>
          )
        }
      </Loading>
    </Section>
  );
}

function Level(props: { run: string; files: readonly mlflow.ArtifactFile[]; open?: boolean }) {
  const sorted = [...props.files].sort((a, b) => Number(b.is_dir) - Number(a.is_dir) || a.path.localeCompare(b.path));
  return (
    <ul>
      {sorted.map((file) => (file.is_dir ? <Folder key={file.path} run={props.run} path={file.path} open={props.open ?? false} /> : <File key={file.path} run={props.run} file={file} />))}
    </ul>
  );
}

const last = (path: string) => path.slice(path.lastIndexOf('/') + 1);

function File({ run, file }: { run: string; file: mlflow.ArtifactFile }) {
  return (
    <li>
      <span>
        <i class={css['turn']} />
        <a href={apiBase + mlflow.artifactAddress(run, file.path)} download={last(file.path)}>
          {last(file.path)}
        </a>
        <span class={`${css['size']} num`}>{file.file_size === undefined ? '' : bytes(Number(file.file_size))}</span>
      </span>
    </li>
  );
}

function Folder({ run, path, open: first }: { run: string; path: string; open: boolean }) {
  const [open, setOpen] = useState(first);
  return (
    <li>
      <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
        <i class={`${css['turn']} ${open ? css['open'] : ''}`}>
          <Icon name="right" size={12} />
        </i>
        {last(path)}/
      </button>
      {open && <Inside run={run} path={path} />}
    </li>
  );
}

function Inside({ run, path }: { run: string; path: string }) {
  const files = useLoad(`artifacts ${run} ${path}`, (signal) => mlflow.artifacts(run, path, signal));
  return <Loading of={files}>{(list) => <Level run={run} files={list} />}</Loading>;
}
