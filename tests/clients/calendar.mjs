// A calendar as strict readers take it (RFC 5545, RFC 5546, RFC 7986): `node calendar.mjs < feed.ics`.
//
// ical.js parses it, in its strict mode: lines, folding, parameters and values. How often each property may occur, which no
// parser for JavaScript asks, is the table below, section by section. Prints the number of events, or fails with the reason.

import { readFileSync } from 'node:fs';
import ICAL from 'ical.js';

const calendar = {
  section: '3.6', once: ['prodid', 'version'],
  most: ['calscale', 'method', 'name', 'description', 'uid', 'last-modified', 'url', 'refresh-interval', 'source', 'color'],
  many: ['categories', 'image'],
};
const components = {
  vevent: {
    section: '3.6.1', once: ['uid', 'dtstamp', 'dtstart'],
    most: [
      'class', 'created', 'description', 'geo', 'last-modified', 'location', 'organizer', 'priority', 'sequence', 'status',
      'summary', 'transp', 'url', 'recurrence-id', 'rrule', 'dtend', 'duration', 'color',
    ],
    many: [
      'attach', 'attendee', 'categories', 'comment', 'contact', 'exdate', 'request-status', 'related-to', 'resources', 'rdate',
      'conference', 'image',
    ],
  },
  vtimezone: { section: '3.6.5', once: ['tzid'], most: ['last-modified', 'tzurl'], many: [] },
  standard: {
    section: '3.6.5', once: ['dtstart', 'tzoffsetto', 'tzoffsetfrom'], most: ['rrule'], many: ['comment', 'rdate', 'tzname'],
  },
};

function demand(holds, what) {
  if (!holds) throw new Error(what);
}

function counted(of, { section, once, most, many }) {
  const number = (name) => of.getAllProperties(name).length;
  for (const name of once) demand(number(name) === 1, `${of.name}: ${name} is there ${number(name)} times, not once (${section})`);
  for (const name of most) demand(number(name) <= 1, `${of.name}: ${name} is there ${number(name)} times (${section})`);
  for (const { name } of of.getAllProperties()) {
    const isKnown = [...once, ...most, ...many].includes(name) || name.startsWith('x-');
    demand(isKnown, `${of.name}: ${name} has no place there (${section})`);
  }
}

const text = readFileSync(0, 'utf8');
demand(!/[^\r]\n|\r[^\n]/.test(text) && text.endsWith('\r\n'), 'lines end with CRLF (3.1)');
for (const line of text.split('\r\n')) demand(Buffer.byteLength(line) <= 75, `a line is longer than 75 octets (3.1): ${line}`);

ICAL.design.strict = true;
const parsed = ICAL.parse(text);
demand(typeof parsed[0] === 'string', 'it is more than one calendar');
const root = new ICAL.Component(parsed);
demand(root.name === 'vcalendar', `it is a ${root.name}`);
counted(root, calendar);
demand(root.getFirstPropertyValue('version') === '2.0', 'VERSION is not 2.0 (3.7.4)');
const all = root.getAllSubcomponents();
demand(all.length > 0, 'there is no component (3.6)');
const uids = new Set();
for (const component of all) {
  const rule = components[component.name];
  demand(rule, `a component that this calendar has no use for: ${component.name}`);
  counted(component, rule);
  if (component.name === 'vtimezone') {
    const observances = component.getAllSubcomponents();
    demand(observances.length > 0, 'a time zone without observance (3.6.5)');
    for (const observance of observances) counted(observance, components[observance.name]);
    continue;
  }
  const uid = component.getFirstPropertyValue('uid');
  demand(!uids.has(uid), `two events are ${uid} (3.8.4.7)`);
  uids.add(uid);
  const [start, end] = ['dtstart', 'dtend'].map((name) => component.getFirstPropertyValue(name));
  demand(start.isDate && start.toString().length === 10, `${uid}: not a day`);
  demand(end?.isDate && start.compare(end) < 0 && !component.hasProperty('duration'), `${uid}: no end after its start (3.8.2.2)`);
  const stamp = component.getFirstPropertyValue('dtstamp');
  demand(stamp.zone === ICAL.Timezone.utcTimezone, `${uid}: DTSTAMP is not in UTC (3.8.7.2)`);
  const isMessage = root.hasProperty('method');
  demand(!isMessage || component.hasProperty('organizer'), `${uid}: a message without organizer (RFC 5546, 3.2.1)`);
}
console.log(uids.size);
