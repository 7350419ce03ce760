import { catalogue } from "./stories/catalogue.ts";
import { course } from "./stories/course.ts";
import { lab } from "./stories/lab.ts";
import { producer } from "./stories/producer.ts";
import { taxonomy } from "./stories/taxonomy.ts";
import type { Story } from "./story.ts";

export const STORIES: readonly Story[] = [taxonomy, producer, course, catalogue, lab];
