// What a store does for its owner beside writing and deleting: schedules and restores, holds, retention, participants,
// attachments, redaction, backups. Each method is one verb; what it does is in the folder of its subject.

import { StoreReader } from './store-reader.js'

export class StoreCustody extends StoreReader {}
