import type uPlot from 'uplot';

export interface PictureText {
  title: string;
  subtitle: string;
  panels: { name: string; legend: { label: string; color: string }[] }[];
}

export interface PictureLook {
  background: string;
  text: string;
  muted: string;
  font: string;
}

const MARGIN = 24;
const HEAD = 64;
const LEGEND = 48;

/** One picture of the panels as they are on the screen, with title and legends. */
export function picture(plots: readonly uPlot[], words: PictureText, look: PictureLook): HTMLCanvasElement {
  const ratio = devicePixelRatio || 1;
  const canvas = document.createElement('canvas');
  const width = Math.max(...plots.map((u) => u.width)) + 2 * MARGIN;
  const height = HEAD + plots.reduce((sum, u) => sum + u.height + LEGEND, 0) + MARGIN;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const ctx = canvas.getContext('2d');
  if (!ctx) throw new Error('this browser draws no canvas');
  ctx.scale(ratio, ratio);
  ctx.fillStyle = look.background;
  ctx.fillRect(0, 0, width, height);
  ctx.textBaseline = 'middle';
  const write = (text: string, x: number, y: number, size: string, color: string): number => {
    ctx.font = `${size} ${look.font}`;
    ctx.fillStyle = color;
    ctx.fillText(text, x, y);
    return x + ctx.measureText(text).width;
  };
  write(words.title, MARGIN, 28, '600 18px', look.text);
  write(words.subtitle, MARGIN, 50, '13px', look.muted);
  let top = HEAD;
  plots.forEach((u, i) => {
    const panel = words.panels[i];
    let x = write(panel?.name ?? '', MARGIN, top + 28, '600 14px', look.text) + 20;
    for (const entry of panel?.legend ?? []) {
      ctx.fillStyle = entry.color;
      ctx.fillRect(x, top + 26, 14, 3);
      x = write(entry.label, x + 20, top + 28, '13px', look.text) + 16;
    }
    ctx.drawImage(u.ctx.canvas, MARGIN, top + LEGEND, u.width, u.height);
    top += u.height + LEGEND;
  });
  return canvas;
}

/** Lets the browser save a canvas under a name. */
export function save(canvas: HTMLCanvasElement, name: string): void {
  canvas.toBlob((blob) => {
    if (!blob) return;
    const link = document.createElement('a');
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }, 'image/png');
}
