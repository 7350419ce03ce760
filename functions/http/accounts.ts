import { getAccess, getRecommendations, getUser } from "../../shared/accounts/account-queries.ts";
import { ban, change } from "../../shared/accounts/change-account.ts";
import { erase } from "../../shared/accounts/erase/erase-account.ts";
import { eraseGuest, getErasure } from "../../shared/accounts/erase/erase-guest.ts";
import { getData } from "../../shared/accounts/held-data.ts";
import { signUp } from "../../shared/accounts/sign-up.ts";
import { command } from "../../shared/pipeline/command.ts";
import { httpFunction } from "../../shared/pipeline/http-function.ts";

/** Owner of accounts: sign-up, changes, bans and erasure, access, and the data held about a person. */
export const accounts = httpFunction("accounts", {
  "POST /users": command("accounts", signUp),
  "GET /users/:id": getUser,
  "PATCH /users/:id": command("accounts", change),
  "DELETE /users/:id": command("accounts", erase),
  "POST /erasures": command("accounts", eraseGuest),
  "GET /erasures/:id": getErasure,
  "POST /users/:id/ban": command("accounts", ban),
  "GET /users/:id/access": getAccess,
  "GET /users/:id/recommendations": getRecommendations,
  "GET /users/:id/data": getData,
});
