import { erasePage } from "../../shared/accounts/erase/erase-page.ts";
import { ERASE_PERSON, erasePageData, nextPass } from "../../shared/accounts/erase/erase-run.ts";
import { timer } from "../../shared/pipeline/timer.ts";

/**
 * Removes the personal data of an erased person, one page of documents per firing. The same unit of work arms the timer
 * for the next page, so an interrupted erasure resumes there.
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
