import { catalogue } from "./stories/catalogue.ts";
import { course } from "./stories/course.ts";
import { lab } from "./stories/lab.ts";
import { producer } from "./stories/producer.ts";
import type { Story } from "./stories/story.ts";
import { taxonomy } from "./stories/taxonomy.ts";

export const STORIES: readonly Story[] = [taxonomy, producer, course, catalogue, lab];
