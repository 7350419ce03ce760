import { erasePage } from "../../shared/accounts/erase/erase-page.ts";
import { ERASE_PERSON, erasePageData, nextPass } from "../../shared/accounts/erase/erase-run.ts";
import { timer } from "../../shared/pipeline/timer.ts";

/**
 * Looks through one page of what is held about an erased person, takes out what is personal, and arms itself for the
 * next one in the same unit of work: wherever it is stopped, it goes on there.
 */
export const erasePerson = timer(ERASE_PERSON, erasePageData, async (page, work) => {
  const next = await erasePage(page, work);
  if (next) {
    work.timer(ERASE_PERSON, { ...next, dueMs: work.nowMs });
    return;
  }
  const pass = nextPass(page);
  if (pass) work.timer(ERASE_PERSON, pass);
});
