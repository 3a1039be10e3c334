import { experimentEn } from './experiment.en';
import { experimentZh } from './experiment.zh';
import { PartTexts } from './part.svelte';

/** The texts of auto-tune and of the wizard that sets outputs up. */
export const trialWords = new PartTexts(experimentEn, experimentZh);
