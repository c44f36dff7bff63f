// The explorer's start: puts its parts together and reopens the copy that was open last.

import { wireChanges } from "./changes.js";
import { wireConnect } from "./connect.js";
import { byTestId, showProblem } from "./dom.js";
import { failureOf } from "./failures.js";
import { Network } from "./network.js";
import { wirePatients } from "./patients.js";
import { wirePull } from "./pull.js";
import { wireSearch } from "./search.js";
import { Session } from "./session.js";
import { wireStored } from "./stored.js";
import { wireSwitch } from "./switch.js";
import { Views } from "./views.js";
import { wireWipe } from "./wipe.js";

const network = new Network();
const session = new Session(network);
const parts = { network, session };

wireSwitch(network);
const patients = wirePatients(parts, (id) => views.go("patients", id));
const views = new Views(patients.show);
const pull = wirePull(parts);
wireChanges(parts, pull);
wireStored(parts);
wireWipe(parts);
wireSearch(parts, (id) => views.go("patients", id));
const connect = wireConnect(parts);

views.start();
try {
  await connect.reopen();
} catch (error) {
  showProblem(byTestId("page-problem"), failureOf(error));
}
