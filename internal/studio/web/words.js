// The words of the page, in its languages.
const en = {
	skip: "Skip to the content", language: "Language", theme: "Theme", themeAuto: "System", themeLight: "Light", themeDark: "Dark",
	library: "Library", search: "Search", searchHint: "title, name, note, what was said", saidIn: "Said in recordings", saidMore: "Show more", saidBehind: "The latest transcripts may be missing here: {reason}", state: "State", anyState: "Any", sort: "Sort",
	sortDate: "Newest first", sortOldest: "Oldest first", sortTitle: "Title", sortLength: "Longest first",
	recordings: "Recordings", count: "{n} recordings", countOne: "1 recording", countNone: "No recordings match", countSaid: "No titles match, but the words were said:", begin: "No Spaces yet", beginHow: "How to begin", beginAsk: "Ask X for an archive of your data:", beginWait: "X takes a day or more. When X e-mails you, download the ZIP file.",
	beginType: "In a terminal, type:", beginDrop: "Drop the ZIP file on the icon of spaces.exe. Or type in a terminal:", beginThen: "Then come back to this page: your Spaces appear here.", noTitle: "(no title)", undated: "no date",
	"state.complete": "complete", "state.damaged": "damaged", "state.no-audio": "no audio", "state.no-record": "no record", "state.missing": "missing",
	lost: "{t} s lost", edit: "Edit", title: "Title", note: "Note", save: "Save", cancel: "Cancel", saved: "Saved",
	position: "Position", speakers: "Speakers", playing: "Playback", play: "Play", pause: "Pause", loop: "Loop", speed: "Speed", hand: "Pan",
	zoom: "Zoom", zoomIn: "Zoom in", zoomOut: "Zoom out", zoomAll: "All", zoomChoice: "Selection", keys: "Shortcuts", close: "Close",
	selection: "Selection", from: "From", to: "To", length: "Length", half: "30 s", halfLabel: "Set the length to 30 s", snap: "Snap", undo: "Undo", redo: "Redo", clear: "Clear the selection",
	shape: "Shape", "shape.wide": "Wide, 16:9", "shape.square": "Square", "shape.tall": "Tall, 9:16", look: "Theme", pictureOf: "Preview of the video ({shape})",
	clipTitle: "Clip title", format: "Format", saveClip: "Save clip", copy: "Copy command", command: "Command line", copied: "Command copied",
	notCopied: "The browser blocked copying: press Ctrl+C or ⌘C to copy the selected command", chooseFirst: "Drag over the waveform to select a range first",
	clipSaved: "Clip saved: {file}", clipThere: "This clip already exists: {file}", saving: "Saving …",
	replaceAsk: "Replace the file?", replaceWhat: "Another clip or episode already has this name.", replaceKept: "If you replace it, the old file moves to the removed items, where you can restore it.", replace: "Replace", notSaved: "Nothing was saved", notAgreed: "without consent: {names}",
	consentAsk: "Continue without consent?", consentWho: "These speakers have not given consent for this use:", consentInstead: "Instead, you can:", speaksAt: "{name}: {spans}", moreSpans: "and {n} more", unknownTime: "at an unknown time",
	unknownSpeaker: "an unknown speaker", forgotten: "someone who asked to be forgotten", "answer.declined": "declined", "answer.withdrawn": "withdrawn", "answer.expired": "expired",
	"way.ask": "ask for their consent", "way.record": "record the answer of {name} on the command line", "way.range": "select a range without them", "way.omit": "leave them out on the command line", "way.local": "use a recognizer on this computer", "way.turns": "confirm the speaking turns on the command line",
	consentReason: "Reason", consentAbout: "Your reason is recorded in the consent log.", consentGo: "Continue",
	transcript: "Transcript", findWords: "Find in the transcript", findHint: "Find a word", hits: "{i} of {n}", hitsNone: "no matches", hitBack: "Previous match", hitOn: "Next match", followSound: "Follow the sound", undoChange: "Undo change",
	captions: "Captions from the transcript", withCaptions: "with captions", unwritten: "the font lacks letters of {n} captions; the .srt has them", exportWords: "Transcript beside the episode",
	goTo: "Go to {at}, {who}", approximate: "approximate", editLine: "Edit the words at {at}", wordsAt: "Words at {at}", speakerAt: "Speaker at {at}", speakerUnknown: "Unknown speaker", speakersAbout: "approximate speakers", speakersRough: "Speakers are approximate: they are estimated from sound levels",
	"words.none": "This recording has no transcript yet.", "words.other": "The transcript belongs to other audio: the recording has changed since it was made, so its times are wrong.", "words.damaged": "The transcript cannot be read: {reason}", "words.newer": "A newer version of spaces wrote this transcript. Update spaces to see it.", wordsSilent: "The transcript has no words.", wordsMake: "To make one, type:",
	moments: "Moments", momentsAbout: "Suggested highlights, found by sound. Listen before sharing.", find: "Find moments", listening: "Analysing the recording",
	"why.laughter": "sounds like laughter", "why.applause": "sounds like applause", "why.raised": "{who} is {n} dB louder than usual",
	"why.exchange": "{n} changes of speaker in {s} s", "why.opening": "strong start after a pause of {n} s", aVoice: "a voice",
	noMoments: "No moments found in this recording.", foundMoments: "{n} moments found", foundMoment: "1 moment found", clips: "Clips", noClips: "No clips yet.", download: "Download",
	episodes: "Episodes", noEpisodes: "No episodes yet.", newEpisode: "New episode", inFeed: "published in the feed", notInFeed: "not in the feed", fileMissing: "The file {file} is missing.",
	remove: "Remove", removeAsk: "Remove this recording?", removeWhat: "It moves to the removed items with all its files ({clips}, {episodes}).", removeKept: "You can restore it for 30 days. What you have uploaded stays where it is.", nClips: "clips: {n}", nEpisodes: "episodes: {n}", removedOne: "Removed: {name}", restore: "Restore", restored: "Restored: {name}", restoredAs: "Restored as {name}: another file has its old name now",
	rename: "Rename", newName: "New name", renameAbout: "The extension stays {ext}.", renamed: "Renamed to {name}", renameSame: "The name is unchanged",
	removedItems: "Removed items", removedLink: "Removed items ({n})", removedNone: "There are no removed items.", removedAbout: "You can restore an item until the date shown. After that date, the next spaces command that changes the library deletes it.",
	"kind.space": "recording", "kind.clip": "clip", "kind.episode": "episode", "kind.transcript": "transcript", "kind.recording": "recording", "kind.original": "original", "kind.extra": "file of an episode", "kind.file": "file", "kind.page": "page", "kind.feed": "feed", removedAt: "removed {at}", removedBefore: "removal date unknown", keptUntil: "kept until {until}", keptOn: "kept until you delete it",
	backupNone: "No backup yet.", backupMake: "To make one, type:", backupLast: "Last backup: {at}.", backupSame: "The library has not changed since then.", backupChanged: "The library has changed since then.",
	backupPlace: "The backup is at {place}.", backupAhead: "Its date is in the future: the clock of this computer was wrong then, or is wrong now.", backupNewer: "{n} recordings have files that are newer than the backup.", backupNewerOne: "1 recording has files that are newer than the backup.", backupUpdate: "To update the backup, type:",
	backupUnchecked: "Only the sizes and dates of the files in the library were compared. To check the backup itself, type:", backupHolding: "The backup at {place} still contains a person whom you removed with spaces people forget. To remove them there too, type:",
	notShown: "This recording cannot be shown",
	preset: "Preset", presetHost: "Podcast host", presetUntouched: "Original audio", presetArchive: "Archive (FLAC)",
	asPreset: "Automatic", trim: "Trim silence at both ends", export: "Export", stop: "Stop", exporting: "Exporting: {p} %", exported: "Exported: {file}, {size}, {length}",
	exportThere: "This episode already exists: {file}", loudness: "loudness {a} → {b} LUFS", chapters: "Chapters", chaptersAbout: "Made from the detected speaking turns. The times are approximate.", chaptersExact: "Made from the speaking turns that you confirmed.", noChapters: "No chapters, because the speakers are unknown.",
	whole: "Gaps and damage", noFaults: "No gaps or damage.", gapAt: "{t} s were lost at {at}", damageIn: "{piece}: {n} damaged places, {t} s lost",
	uploads: "Uploads", noUploads: "Not uploaded yet.", uploaded: "{kind}, sent to {place}, verified {at}", public: "public", progress: "Progress",
	measuring: "Measuring the audio (only once)", noAudio: "The library has no audio of this Space.", missingAudio: "The audio is missing from the library: extract its archive again.",
	loading: "Loading …", cannotPlay: "The browser cannot play this file.", unknown: "unknown", gap: "gap", useMoment: "Select", playIt: "Play", stretch: "{from}–{to} · {length} s",
	"error.closed": "The studio was restarted. Open the address that the terminal shows.", "error.offline": "The studio does not respond. Check that spaces studio is still running.",
	"error.locked": "Another program is changing the library. Try again when it has finished.",
	"error.changed": "Another program has changed the transcript meanwhile. Check the words and save again.", "error.no-undo": "This change can no longer be undone.", "error.no-such-speaker": "This person does not speak in the recording.",
	"error.unfit-name": "This cannot be the name of a file. A name that works: {hint}", "error.extension-stays": "The extension stays: leave out .{hint}.",
	"key.space": "play or pause", "key.io": "start or end the selection here", "key.jkl": "10 s back, pause, 10 s forward", "key.step": "10 ms back or forward; with Shift: 1 s",
	"key.loop": "loop the selection", "key.snap": "snap to silence", "key.undo": "undo, redo", "key.zoom": "zoom in, zoom out, show all, zoom to the selection", "key.arrows": "on the waveform: 1 s back or forward; with Shift: 10 s",
	"key.save": "save the clip", wheel: "wheel", space: "Space", shift: "Shift", "key.wheel": "over the waveform: zoom; with Shift: pan", "key.help": "show this list", "key.search": "search the library, or the transcript", "key.find": "find in the transcript; then Enter: next, Shift+Enter: previous, ↓: go there", "key.words": "in the transcript: go from word to word, from line to line; with Shift: select", "key.correct": "in the transcript: edit the line", enter: "Enter",
	dock: "Player and selection", playChoice: "Play the selection", snapLabel: "Snap to silence", makeVideo: "Make video", saveVideo: "Save video", titleLong: "The title may have {n} characters; this one has {over} too many.",
	replaceOr: "Choose another title, or replace it: the old file moves to the removed items.", "key.play": "play the selection", "key.video": "make a video of the selection",
};

const fr = {
	skip: "Aller au contenu", language: "Langue", theme: "Thème", themeAuto: "Système", themeLight: "Clair", themeDark: "Sombre",
	library: "Bibliothèque", search: "Chercher", searchHint: "titre, nom, note, paroles", saidIn: "Dit dans les enregistrements", saidMore: "Afficher plus", saidBehind: "Les dernières transcriptions manquent peut-être ici : {reason}", state: "État", anyState: "Tous", sort: "Trier",
	sortDate: "Plus récents d’abord", sortOldest: "Plus anciens d’abord", sortTitle: "Titre", sortLength: "Plus longs d’abord",
	recordings: "Enregistrements", count: "{n} enregistrements", countOne: "1 enregistrement", countNone: "Aucun enregistrement ne correspond", countSaid: "Aucun titre ne correspond, mais ces mots ont été dits :", begin: "Pas encore de Spaces", beginHow: "Pour commencer", beginAsk: "Demandez à X une archive de vos données :", beginWait: "X met un jour ou plus. Quand X vous écrit, téléchargez le fichier ZIP.",
	beginType: "Dans un terminal, tapez :", beginDrop: "Déposez le fichier ZIP sur l’icône de spaces.exe. Ou tapez dans un terminal :", beginThen: "Revenez ensuite à cette page : vos Spaces y apparaissent.", noTitle: "(sans titre)", undated: "sans date",
	"state.complete": "complet", "state.damaged": "endommagé", "state.no-audio": "sans audio", "state.no-record": "sans fiche", "state.missing": "disparu",
	lost: "{t} s perdues", edit: "Modifier", title: "Titre", note: "Note", save: "Enregistrer", cancel: "Annuler", saved: "Enregistré",
	position: "Position", speakers: "Intervenants", playing: "Lecture", play: "Lire", pause: "Pause", loop: "Boucle", speed: "Vitesse", hand: "Déplacer",
	zoom: "Zoom", zoomIn: "Agrandir", zoomOut: "Réduire", zoomAll: "Tout", zoomChoice: "Sélection", keys: "Raccourcis", close: "Fermer",
	selection: "Sélection", from: "De", to: "À", length: "Durée", half: "30 s", halfLabel: "Fixer la durée à 30 s", snap: "Caler", undo: "Annuler", redo: "Rétablir", clear: "Effacer la sélection",
	shape: "Forme", "shape.wide": "Large, 16:9", "shape.square": "Carrée", "shape.tall": "Haute, 9:16", look: "Thème", pictureOf: "Aperçu de la vidéo ({shape})",
	clipTitle: "Titre de l’extrait", format: "Format", saveClip: "Enregistrer l’extrait", copy: "Copier la commande", command: "Ligne de commande", copied: "Commande copiée",
	notCopied: "Le navigateur a bloqué la copie : copiez la commande sélectionnée avec Ctrl+C ou ⌘C", chooseFirst: "Sélectionnez d’abord un passage en glissant sur la forme d’onde",
	clipSaved: "Extrait enregistré : {file}", clipThere: "Cet extrait existait déjà : {file}", saving: "Enregistrement …",
	replaceAsk: "Remplacer le fichier ?", replaceWhat: "Un autre extrait ou épisode porte déjà ce nom.", replaceKept: "Si vous le remplacez, l’ancien fichier passe aux éléments supprimés, d’où vous pouvez le restaurer.", replace: "Remplacer", notSaved: "Rien n’a été enregistré", notAgreed: "sans accord : {names}",
	consentAsk: "Continuer sans accord ?", consentWho: "Ces intervenants n’ont pas donné leur accord pour cet usage :", consentInstead: "Sinon, vous pouvez :", speaksAt: "{name} : {spans}", moreSpans: "et {n} autres", unknownTime: "à un moment inconnu",
	unknownSpeaker: "un intervenant inconnu", forgotten: "une personne qui a demandé à être oubliée", "answer.declined": "refusé", "answer.withdrawn": "retiré", "answer.expired": "expiré",
	"way.ask": "demander leur accord", "way.record": "inscrire la réponse de {name} en ligne de commande", "way.range": "choisir un passage sans eux", "way.omit": "les laisser de côté en ligne de commande", "way.local": "utiliser un outil de transcription sur cet ordinateur", "way.turns": "confirmer les prises de parole en ligne de commande",
	consentReason: "Raison", consentAbout: "Votre raison est inscrite au registre des accords.", consentGo: "Continuer",
	transcript: "Transcription", findWords: "Chercher dans la transcription", findHint: "Chercher un mot", hits: "{i} sur {n}", hitsNone: "aucun résultat", hitBack: "Résultat précédent", hitOn: "Résultat suivant", followSound: "Suivre le son", undoChange: "Annuler la modification",
	captions: "Sous-titres de la transcription", withCaptions: "avec sous-titres", unwritten: "la police n’a pas toutes les lettres de {n} sous-titres ; le .srt les a", exportWords: "Transcription avec l’épisode",
	goTo: "Aller à {at}, {who}", approximate: "approximatif", editLine: "Modifier les mots à {at}", wordsAt: "Mots à {at}", speakerAt: "Intervenant à {at}", speakerUnknown: "Intervenant inconnu", speakersAbout: "intervenants approximatifs", speakersRough: "Les intervenants sont approximatifs : ils sont estimés d’après le niveau sonore",
	"words.none": "Cet enregistrement n’a pas encore de transcription.", "words.other": "La transcription correspond à un autre audio : l’enregistrement a changé depuis, ses temps sont donc faux.", "words.damaged": "La transcription ne peut pas être lue : {reason}", "words.newer": "Une version plus récente de spaces a écrit cette transcription. Mettez spaces à jour pour la voir.", wordsSilent: "La transcription ne contient aucun mot.", wordsMake: "Pour en créer une, tapez :",
	moments: "Moments", momentsAbout: "Passages suggérés d’après le son. Écoutez avant de partager.", find: "Trouver des moments", listening: "Analyse de l’enregistrement",
	"why.laughter": "on dirait des rires", "why.applause": "on dirait des applaudissements", "why.raised": "{who} parle {n} dB plus fort que d’habitude",
	"why.exchange": "{n} changements de voix en {s} s", "why.opening": "début net après une pause de {n} s", aVoice: "une voix",
	noMoments: "Aucun moment trouvé dans cet enregistrement.", foundMoments: "{n} moments trouvés", foundMoment: "1 moment trouvé", clips: "Extraits", noClips: "Pas encore d’extraits.", download: "Télécharger",
	episodes: "Épisodes", noEpisodes: "Pas encore d’épisodes.", newEpisode: "Nouvel épisode", inFeed: "publié dans le flux", notInFeed: "pas dans le flux", fileMissing: "Le fichier {file} a disparu.",
	remove: "Supprimer", removeAsk: "Supprimer cet enregistrement ?", removeWhat: "Il passe aux éléments supprimés avec tous ses fichiers ({clips}, {episodes}).", removeKept: "Vous pouvez tout restaurer pendant 30 jours. Ce que vous avez envoyé reste où il est.", nClips: "extraits : {n}", nEpisodes: "épisodes : {n}", removedOne: "Supprimé : {name}", restore: "Restaurer", restored: "Restauré : {name}", restoredAs: "Restauré sous le nom {name} : un autre fichier porte maintenant l’ancien",
	rename: "Renommer", newName: "Nouveau nom", renameAbout: "L’extension reste {ext}.", renamed: "Nouveau nom : {name}", renameSame: "Le nom n’a pas changé",
	removedItems: "Éléments supprimés", removedLink: "Éléments supprimés ({n})", removedNone: "Il n’y a pas d’éléments supprimés.", removedAbout: "Vous pouvez restaurer un élément jusqu’à la date indiquée. Ensuite, la prochaine commande spaces qui modifie la bibliothèque l’efface.",
	"kind.space": "enregistrement", "kind.clip": "extrait", "kind.episode": "épisode", "kind.transcript": "transcription", "kind.recording": "enregistrement", "kind.original": "original", "kind.extra": "fichier d’un épisode", "kind.file": "fichier", "kind.page": "page", "kind.feed": "flux", removedAt: "supprimé le {at}", removedBefore: "date de suppression inconnue", keptUntil: "gardé jusqu’au {until}", keptOn: "gardé jusqu’à ce que vous l’effaciez",
	backupNone: "Pas encore de sauvegarde.", backupMake: "Pour en faire une, tapez :", backupLast: "Dernière sauvegarde : {at}.", backupSame: "La bibliothèque n’a pas changé depuis.", backupChanged: "La bibliothèque a changé depuis.",
	backupPlace: "La sauvegarde se trouve ici : {place}.", backupAhead: "Sa date est dans l’avenir : l’horloge de cet ordinateur était fausse alors, ou l’est maintenant.", backupNewer: "{n} enregistrements ont des fichiers plus récents que la sauvegarde.", backupNewerOne: "1 enregistrement a des fichiers plus récents que la sauvegarde.", backupUpdate: "Pour mettre la sauvegarde à jour, tapez :",
	backupUnchecked: "Seules les tailles et les dates des fichiers de la bibliothèque ont été comparées. Pour vérifier la sauvegarde elle-même, tapez :", backupHolding: "La sauvegarde sur {place} contient encore une personne que vous avez retirée avec spaces people forget. Pour la retirer de là aussi, tapez :",
	notShown: "Impossible d’afficher cet enregistrement",
	preset: "Préréglage", presetHost: "Hébergeur de podcasts", presetUntouched: "Audio d’origine", presetArchive: "Archive (FLAC)",
	asPreset: "Automatique", trim: "Retirer le silence aux deux bouts", export: "Exporter", stop: "Arrêter", exporting: "Export : {p} %", exported: "Exporté : {file}, {size}, {length}",
	exportThere: "Cet épisode existait déjà : {file}", loudness: "sonie {a} → {b} LUFS", chapters: "Chapitres", chaptersAbout: "D’après les prises de parole détectées. Les temps sont approximatifs.", chaptersExact: "D’après les prises de parole que vous avez confirmées.", noChapters: "Pas de chapitres, car les intervenants sont inconnus.",
	whole: "Lacunes et dommages", noFaults: "Aucune lacune, aucun dommage.", gapAt: "{t} s perdues à {at}", damageIn: "{piece} : {n} endroits abîmés, {t} s perdues",
	uploads: "Envois", noUploads: "Pas encore envoyé.", uploaded: "{kind}, envoyé vers {place}, vérifié le {at}", public: "public", progress: "Progression",
	measuring: "Mesure de l’audio (une seule fois)", noAudio: "La bibliothèque n’a pas l’audio de ce Space.", missingAudio: "L’audio a disparu de la bibliothèque : extrayez de nouveau son archive.",
	loading: "Chargement …", cannotPlay: "Le navigateur ne peut pas lire ce fichier.", unknown: "inconnu", gap: "lacune", useMoment: "Choisir", playIt: "Lire", stretch: "{from}–{to} · {length} s",
	"error.closed": "Le studio a redémarré. Ouvrez l’adresse que montre le terminal.", "error.offline": "Le studio ne répond pas. Vérifiez que spaces studio tourne encore.",
	"error.locked": "Un autre programme modifie la bibliothèque. Réessayez quand il aura fini.",
	"error.changed": "Un autre programme a modifié la transcription entre-temps. Vérifiez les mots et enregistrez de nouveau.", "error.no-undo": "Cette modification ne peut plus être annulée.", "error.no-such-speaker": "Cette personne ne parle pas dans l’enregistrement.",
	"error.unfit-name": "Ce nom ne convient pas à un fichier. Un nom possible : {hint}", "error.extension-stays": "L’extension ne change pas : enlevez .{hint}.",
	"error.no-such-clip": "Cet extrait a changé ou a été supprimé. Rechargez la page.", "error.no-such-episode": "Cet épisode a changé ou a été supprimé. Rechargez la page.",
	"error.in-use": "Une tâche travaille sur cet enregistrement. Réessayez quand elle aura fini.",
	"error.not-removed": "Cet élément a déjà été restauré ou effacé.", "error.present": "La bibliothèque a déjà ce Space : retirez d’abord celui qui s’y trouve, en ligne de commande.", "error.missing": "Le fichier a disparu.", "error.too-large": "La requête est trop longue.", "error.no-such-task": "Cette tâche n’existe plus.", "error.not-lossless": "Ce passage ne peut pas être coupé sans réencodage : choisissez un autre format.", "error.not-copied": "Cet audio ne peut pas rester tel quel : choisissez un autre préréglage.", "error.bad-turns": "Les prises de parole ont changé : confirmez-les de nouveau en ligne de commande.",
	"error.no-place": "Son Space n’est pas dans la bibliothèque : restaurez-le d’abord.", "error.no-library": "Il n’y a pas encore de bibliothèque : extrayez d’abord une archive.",
	"error.bad-time": "Ce temps n’est pas valable : écrivez 75, 1:15 ou 1:02:03.250.", "error.out-of-range": "L’enregistrement n’a pas ce passage.",
	"error.in-gap": "Rien n’a été enregistré à cette heure.", "error.exists": "Un autre fichier porte déjà ce nom.", "error.no-encoder": "Ce format ne peut pas être écrit ici.",
	"error.no-such-space": "La bibliothèque n’a pas ce Space.", "error.no-audio": "La bibliothèque n’a pas l’audio de ce Space.", "error.interrupted": "Arrêté.",
	"error.busy": "Trop de tâches sont en cours : attendez la fin de l’une d’elles.", "error.disk-full": "Le disque est plein.", "error.unsupported": "Cet audio ne peut pas être décodé ici.",
	"key.space": "lire ou mettre en pause", "key.io": "commencer ou finir la sélection ici", "key.jkl": "10 s en arrière, pause, 10 s en avant", "key.step": "10 ms en arrière ou en avant ; avec Maj : 1 s",
	"key.loop": "lire la sélection en boucle", "key.snap": "caler sur un silence", "key.undo": "annuler, rétablir", "key.zoom": "agrandir, réduire, tout afficher, afficher la sélection", "key.arrows": "sur la forme d’onde : 1 s en arrière ou en avant ; avec Maj : 10 s",
	"key.save": "enregistrer l’extrait", wheel: "molette", space: "Espace", shift: "Maj", "key.wheel": "sur la forme d’onde : agrandir ou réduire ; avec Maj : déplacer", "key.help": "afficher cette liste", "key.search": "chercher dans la bibliothèque ou la transcription", "key.find": "chercher dans la transcription ; puis Entrée : suivant, Maj+Entrée : précédent, ↓ : y aller", "key.words": "dans la transcription : aller de mot en mot, de ligne en ligne ; avec Maj : sélectionner", "key.correct": "dans la transcription : modifier la ligne", enter: "Entrée",
	dock: "Lecteur et sélection", playChoice: "Lire la sélection", snapLabel: "Caler sur un silence", makeVideo: "Créer une vidéo", saveVideo: "Enregistrer la vidéo", titleLong: "Le titre peut avoir {n} caractères ; celui-ci en a {over} de trop.",
	replaceOr: "Choisissez un autre titre, ou remplacez-le : l’ancien fichier passe aux éléments supprimés.", "key.play": "lire la sélection", "key.video": "créer une vidéo de la sélection",
};

// A number stands on one line with its unit, as French signs do with the word
// before them.
for (const words of [en, fr]) {
	for (const key in words) words[key] = words[key].replace(/([\d}]) (?=(?:s|ms|dB|%)(?![\p{L}]))/gu, "$1\u00a0");
}
for (const key in fr) fr[key] = fr[key].replace(/ (?=[:;?!…])/g, "\u00a0");

const all = {en, fr};
let now = "en";

export const language = () => now;
export const has = (key) => key in all[now];

// t returns the words of a key, with {name} replaced by values.
export function t(key, values = {}) {
	const text = all[now][key] ?? en[key] ?? key;
	return text.replace(/\{(\w+)\}/g, (whole, name) => name in values ? String(values[name]) : whole);
}

// handle is a name as people write it. Where nobody knows the handle, it is a
// user's number.
export const handle = (name) => /^\d*$/.test(name) ? name : "@" + name;

// speak sets the language and puts its words into the page.
export function speak(name) {
	now = name in all ? name : "en";
	document.documentElement.lang = now;
	for (const e of document.querySelectorAll("[data-t]")) e.textContent = t(e.dataset.t);
	for (const e of document.querySelectorAll("[data-t-label]")) e.setAttribute("aria-label", t(e.dataset.tLabel));
	for (const e of document.querySelectorAll("[data-t-placeholder]")) e.placeholder = t(e.dataset.tPlaceholder);
}
