/**
 * Checks in this browser that a ledger entry is in the signed tree: the Merkle path of RFC 9162, section 2.1.3.2, to the
 * root that the checkpoint (C2SP tlog-checkpoint) names, and the checkpoint's Ed25519 signature (C2SP signed-note).
 */
import type { Schemas } from './api';

export type Check = { what: string; outcome: 'passed' | 'failed' | 'not checked'; says: string };

function decode(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

function concat(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

const node = (left: Uint8Array, right: Uint8Array) => sha256(concat(Uint8Array.of(1), left, right));

/** The root that a path leads to from a leaf, or undefined where the path does not fit index and size. */
export async function rootOf(leaf: Uint8Array, index: number, size: number, path: readonly Uint8Array[]): Promise<Uint8Array | undefined> {
  if (index < 0 || index >= size) return undefined;
  let position = BigInt(index);
  let last = BigInt(size - 1);
  let hash = await sha256(concat(Uint8Array.of(0), leaf));
  for (const sibling of path) {
    if (last === 0n) return undefined;
    if ((position & 1n) === 1n || position === last) {
      hash = await node(sibling, hash);
      while ((position & 1n) === 0n && position !== 0n) {
        position >>= 1n;
        last >>= 1n;
      }
    } else {
      hash = await node(hash, sibling);
    }
    position >>= 1n;
    last >>= 1n;
  }
  return last === 0n ? hash : undefined;
}

type Note = { text: string; origin: string; size: number; root: Uint8Array; name: string; id: Uint8Array; signature: Uint8Array<ArrayBuffer> };

function parseNote(note: string): Note {
  const end = note.lastIndexOf('\n\n');
  const text = note.slice(0, end + 1);
  const [origin, size, root] = text.split('\n');
  const signed = /^— (\S+) (\S+)\n$/.exec(note.slice(end + 2));
  if (end < 0 || !origin || !size || !root || !signed) throw new Error('The checkpoint is not a signed note.');
  const bytes = decode(signed[2]!);
  return {
    text,
    origin,
    size: Number(size),
    root: decode(root),
    name: signed[1]!,
    id: bytes.slice(0, 4),
    signature: bytes.slice(4),
  };
}

/** Checks an entry as the server gave it; trusts nothing of it but the ledger's key. */
export async function checkEntry(entry: Schemas['ProvenEntry']): Promise<Check[]> {
  const { leaf: leafText, proof } = entry;
  if (!leafText || !proof) return [];
  if (!globalThis.crypto?.subtle) {
    const says = 'This page came over plain HTTP from another machine, where browsers withhold cryptography. Use HTTPS, or: pilot audit verify';
    return [{ what: 'Proof', outcome: 'not checked', says }];
  }
  const checks: Check[] = [];
  const leaf = decode(leafText);
  const envelope = JSON.parse(new TextDecoder().decode(leaf)) as Record<string, unknown> & { actor?: { principal?: string } };
  const shown =
    envelope['id'] === entry.id &&
    envelope['kind'] === entry.kind &&
    envelope['subject'] === entry.subject &&
    Number(envelope['millis']) === Date.parse(entry.at) &&
    envelope.actor?.principal === entry.actor.principal;
  checks.push({
    what: 'What is shown',
    outcome: shown ? 'passed' : 'failed',
    says: shown ? 'Kind, subject, time and principal are those of the leaf.' : 'The leaf says something else than this page.',
  });
  const note = parseNote(proof.checkpoint);
  const root = await rootOf(leaf, proof.index, proof.size, proof.path.map(decode));
  const included = root !== undefined && note.size === proof.size && same(root, note.root);
  checks.push({
    what: 'Inclusion',
    outcome: included ? 'passed' : 'failed',
    says: included
      ? `${proof.path.length} hashes lead from this leaf to the root of ${proof.size} entries.`
      : 'The path does not lead to the root that the checkpoint names.',
  });
  const [name = '', id = '', keyText = ''] = proof.key.split('+');
  const typed = decode(proof.key.slice(name.length + id.length + 2) || keyText);
  const raw = typed.slice(1);
  const derived = (await sha256(concat(new TextEncoder().encode(name), Uint8Array.of(10, 1), raw))).slice(0, 4);
  const fits = name === note.name && name === note.origin && hex(derived) === id && same(derived, note.id);
  try {
    const key = await crypto.subtle.importKey('raw', raw, { name: 'Ed25519' }, false, ['verify']);
    const signed = fits && (await crypto.subtle.verify({ name: 'Ed25519' }, key, note.signature, new TextEncoder().encode(note.text)));
    checks.push({
      what: 'Signature of the head',
      outcome: signed ? 'passed' : 'failed',
      says: signed ? `Signed by ${name}, key ${id}.` : 'The head is not signed by the key that the server names.',
    });
  } catch {
    checks.push({
      what: 'Signature of the head',
      outcome: 'not checked',
      says: 'This browser has no Ed25519. To check it: pilot audit verify',
    });
  }
  return checks;
}
