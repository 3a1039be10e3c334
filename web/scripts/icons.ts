import { deflateSync } from 'node:zlib';
import type { Plugin } from 'vite';

/**
 * Draws the app's icon, a drop on a rounded square, as PNG for those who do not
 * take the SVG (home screens of phones). It is drawn at build time so that no
 * binary has to be kept in the tree. Keep it alike to public/icon.svg.
 */
export function appIcons(): Plugin {
  return {
    name: 'app-icons',
    apply: 'build',
    generateBundle() {
      for (const size of [180, 192, 512]) {
        this.emitFile({ type: 'asset', fileName: `icon-${size}.png`, source: png(size, drop(size)) });
      }
    },
  };
}

type Rgb = readonly [number, number, number];
const TOP: Rgb = [24, 119, 210];
const BOTTOM: Rgb = [10, 74, 150];
const WHITE: Rgb = [255, 255, 255];

const SUBPIXELS = 4;

/** The pixels of the icon, RGBA, smoothed by supersampling. */
function drop(size: number): Buffer {
  const out = Buffer.alloc(size * size * 4);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      let inside = 0;
      let white = 0;
      for (let sy = 0; sy < SUBPIXELS; sy++) {
        for (let sx = 0; sx < SUBPIXELS; sx++) {
          const u = (x + (sx + 0.5) / SUBPIXELS) / size;
          const v = (y + (sy + 0.5) / SUBPIXELS) / size;
          if (!inSquare(u, v)) continue;
          inside++;
          if (inDrop(u, v)) white++;
        }
      }
      const at = (y * size + x) * 4;
      const share = inside === 0 ? 0 : white / inside;
      for (let c = 0; c < 3; c++) {
        const ground = mix(TOP[c] ?? 0, BOTTOM[c] ?? 0, y / size);
        out[at + c] = Math.round(mix(ground, WHITE[c] ?? 0, share));
      }
      out[at + 3] = Math.round((255 * inside) / SUBPIXELS ** 2);
    }
  }
  return out;
}

function mix(a: number, b: number, t: number): number {
  return a + (b - a) * t;
}

function inSquare(u: number, v: number): boolean {
  const radius = 0.22;
  const x = Math.max(radius - u, u - (1 - radius), 0);
  const y = Math.max(radius - v, v - (1 - radius), 0);
  return x * x + y * y <= radius * radius;
}

/** A disc with the two tangents that meet above it. */
function inDrop(u: number, v: number): boolean {
  const [cx, cy, r, tip] = [0.5, 0.6, 0.215, 0.17];
  const x = u - cx;
  const y = v - cy;
  if (x * x + y * y <= r * r) return true;
  const height = cy - tip;
  const touch = -(r * r) / height; // where the tangents touch, relative to the centre
  if (y > touch || v < tip) return false;
  const slope = r / Math.sqrt(height * height - r * r);
  return Math.abs(x) <= (v - tip) * slope;
}

/** A PNG file of 8-bit RGBA pixels. */
function png(size: number, pixels: Buffer): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const rows = Buffer.alloc(size * (size * 4 + 1));
  for (let y = 0; y < size; y++) {
    pixels.copy(rows, y * (size * 4 + 1) + 1, y * size * 4, (y + 1) * size * 4);
  }
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), body]);
  const out = Buffer.alloc(named.length + 8);
  out.writeUInt32BE(body.length, 0);
  named.copy(out, 4);
  out.writeUInt32BE(crc32(named), named.length + 4);
  return out;
}

function crc32(data: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
