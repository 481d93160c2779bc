// A model small enough to write by hand: y = scale * x + offset over rows of one float, as ONNX bytes (onnx.proto3).
const varint = (n) => {
  const bytes = [];
  let rest = BigInt(n);
  do {
    const byte = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest > 0n ? byte | 128 : byte);
  } while (rest > 0n);
  return Buffer.from(bytes);
};
const number = (field, value) => Buffer.concat([varint(field << 3), varint(value)]);
const block = (field, value) => {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value);
  return Buffer.concat([varint((field << 3) | 2), varint(bytes.length), bytes]);
};
const message = (...parts) => Buffer.concat(parts);

const FLOAT = 1;
const node = (type, inputs, output) =>
  message(...inputs.map((name) => block(1, name)), block(2, output), block(3, `${type}-${output}`), block(4, type));
const scalar = (name, value) => {
  const raw = Buffer.alloc(4);
  raw.writeFloatLE(value);
  return message(number(1, 1), number(2, FLOAT), block(8, name), block(9, raw));
};
const rows = (name) => {
  const shape = message(block(1, block(2, 'n')), block(1, number(1, 1)));
  return message(block(1, name), block(2, block(1, message(number(1, FLOAT), block(2, shape)))));
};

export function line(scale, offset) {
  const graph = message(
    block(1, node('Mul', ['x', 'scale'], 'scaled')),
    block(1, node('Add', ['scaled', 'offset'], 'y')),
    block(2, 'line'),
    block(5, scalar('scale', scale)),
    block(5, scalar('offset', offset)),
    block(11, rows('x')),
    block(12, rows('y')),
  );
  return message(number(1, 9), block(7, graph), block(8, message(block(1, ''), number(2, 17))));
}
