-- What the study is: its code version, settings, models, class sets. Values are JSON.
CREATE TABLE study (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE models (
    model INTEGER PRIMARY KEY,  -- 0, 1, 2 ... in the order of the study
    id TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
    family TEXT NOT NULL,       -- cnn or transformer
    "set" TEXT NOT NULL,
    class_set TEXT,             -- in which it answers; see classes
    weights TEXT NOT NULL,      -- its file's name
    sha256 TEXT,                -- of that file
    published_miou REAL         -- 0..1, on ADE20K's validation set
);
CREATE TABLE classes (
    class_set TEXT, class INTEGER,  -- its number in the set's annotation files (ADE20K: from 1)
    name TEXT NOT NULL, PRIMARY KEY (class_set, class)
) WITHOUT ROWID;

CREATE TABLE photos (
    photo INTEGER PRIMARY KEY,  -- 0, 1, 2 ...
    name TEXT NOT NULL UNIQUE,  -- below the study's folder, as text
    path BLOB NOT NULL,         -- the same file, as the bytes of its path or address
    stamp TEXT NOT NULL,        -- size and time of its file and its truth's: where they change, it is measured anew
    present INTEGER NOT NULL,   -- 0: measured earlier, but no longer among the photos
    height INTEGER, width INTEGER,
    sha256 TEXT,                -- of the file
    problem TEXT                -- why it could not be read
);

CREATE TABLE answers (          -- one network on one photo
    photo INTEGER, model INTEGER,
    pixels INTEGER,
    mean_entropy REAL,          -- nats
    mean_confidence REAL, mean_margin REAL,  -- 0..1
    entropy_histogram BLOB,     -- int64 pixels in steps of 0.05 nats from 0, without the zeros at its end
    fragments INTEGER,          -- 4-connected pieces of one class
    typical_fragment REAL,      -- share of the photo taken by the piece that a random pixel lies in
    boundary_pixels INTEGER,    -- within 0.75 % of the diagonal of a boundary
    boundary_entropy REAL,      -- their sum, nats
    alone INTEGER,              -- compared pixels where it contradicts all others, which agree
    seconds REAL,               -- network and maps
    problem TEXT,               -- why it could not answer
    PRIMARY KEY (photo, model)
) WITHOUT ROWID;
CREATE TABLE areas (            -- the classes that a network sees
    photo INTEGER, model INTEGER, class INTEGER, pixels INTEGER, PRIMARY KEY (photo, model, class)
) WITHOUT ROWID;
CREATE TABLE truths (           -- how right, where there is a truth
    photo INTEGER, model INTEGER,
    labelled INTEGER, "right" INTEGER,  -- pixels
    content BLOB,               -- every count (demo.analysis.counts.TruthCounts.from_bytes)
    problem TEXT,               -- why the truth could not be used
    PRIMARY KEY (photo, model)
) WITHOUT ROWID;
CREATE TABLE claims (           -- sums for the article's sentences (demo.analysis.claims.SUMS), JSON
    photo INTEGER, model INTEGER, content TEXT, PRIMARY KEY (photo, model)
) WITHOUT ROWID;
CREATE TABLE stress (           -- one network on one photo that was corrupted, at a short side of at most 512 pixels
    photo INTEGER, model INTEGER,
    kind TEXT, severity INTEGER, -- a corruption of ImageNet-C at 1..5; '' and 0: the photo as it is
    pixels INTEGER,
    kept INTEGER,               -- with the class that the network names on the photo as it is
    entropy INTEGER,            -- sum, in 2^-20 nats
    judged TEXT,                -- against a truth: areas and reliability (demo.analysis.stability.Observed), JSON
    problem TEXT,               -- why it has no answer
    PRIMARY KEY (photo, model, kind, severity)
) WITHOUT ROWID;

-- Networks are compared in the words of one class set, on a grid of at most 1600 a side.
CREATE TABLE pairs (            -- two networks on one photo; first < second
    photo INTEGER, first INTEGER, second INTEGER,
    compared INTEGER,           -- pixels where both have a word
    same INTEGER,               -- with the same class
    both_sure_other INTEGER,    -- with different classes, each with a confidence of 0.8 and more
    PRIMARY KEY (photo, first, second)
) WITHOUT ROWID;
CREATE TABLE confusions (       -- which class of one meets which of the other, equal ones too
    photo INTEGER, first INTEGER, second INTEGER, class_first INTEGER, class_second INTEGER, pixels INTEGER,
    PRIMARY KEY (photo, first, second, class_first, class_second)
) WITHOUT ROWID;
CREATE TABLE together (         -- all networks that answered a photo
    photo INTEGER PRIMARY KEY, networks INTEGER,
    pixels INTEGER,             -- of the grid; of these
    all_agree INTEGER, between_families INTEGER, inside_cnn INTEGER, inside_transformer INTEGER, mixed INTEGER,
    confident_conflict INTEGER, -- two networks are sure (0.8) of different classes
    all_say INTEGER,            -- every network has a word
    agreeing_pairs INTEGER,     -- pairs of networks with one class, summed over those pixels
    named BLOB                  -- int64: how often each class was named there, by all networks
);

CREATE VIEW answers_named AS
SELECT photos.name AS photo, models.id AS model, models.family, answers.pixels, mean_entropy, mean_confidence,
       mean_margin, fragments, typical_fragment, boundary_pixels, alone, labelled, "right", seconds,
       coalesce(photos.problem, answers.problem) AS problem
FROM photos CROSS JOIN models LEFT JOIN answers USING (photo, model) LEFT JOIN truths USING (photo, model)
WHERE present;
CREATE VIEW areas_named AS
SELECT photos.name AS photo, models.id AS model, classes.name AS class, areas.pixels,
       1.0 * areas.pixels / answers.pixels AS area
FROM areas JOIN photos USING (photo) JOIN models USING (model) JOIN answers USING (photo, model)
     JOIN classes ON classes.class_set = models.class_set AND classes.class = areas.class
WHERE present;
