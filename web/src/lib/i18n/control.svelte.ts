import { controlEn } from './control.en';
import { controlZh } from './control.zh';
import { texts } from './index.svelte';
import { PartTexts } from './part.svelte';

/** The texts of the control panel. */
class ControlTexts extends PartTexts<typeof controlEn> {
  constructor() {
    super(controlEn, controlZh);
  }

  /** What people call an output: "fan2" is "Fan 2". */
  output = (name: string): string => texts.metric(name);
}

export const words = new ControlTexts();
