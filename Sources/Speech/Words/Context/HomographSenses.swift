/// Words whose reading depends on their meaning, with the words and parts of speech that tell it.
enum HomographSenses {
    struct Sense: Sendable {
        let reading: String
        /// How likely it is where nothing tells.
        let prior: Double
        /// Parts of speech of the word; "VB*" is every verb.
        let tags: [String]
        /// Words just before and just behind; "#NN" is a part of speech, "^" a sentence's start.
        let previous: Set<String>
        let next: Set<String>
        /// Words up to nine places away.
        let near: Set<String>
        /// The only way to write it, as "Polish"; nil where any will do.
        let form: String?
    }

    static let classes: [String: Set<String>] = [
        "@det": set(
            "a an the this that these those my your his her its our their some any no each every another which whose"
        ),
        "@modal": set(
            "will would can could should may might must shall 'll do does did don't doesn't didn't won't can't cannot couldn't wouldn't shouldn't"
        ),
        "@pron": set("i you we they he she who it"),
        "@be": set("is are was were be been being am 's 're 'm"),
        "@have": set("have has had 've having haven't hasn't hadn't"),
        "@prep": set("of in on at for with from by into about under over near"),
    ]

    private static func set(_ words: String) -> Set<String> {
        Set(words.split(separator: " ").map(String.init))
    }

    static let all: [String: [Sense]] = {
        var all: [String: [Sense]] = [:]
        for row in rows.split(whereSeparator: \.isNewline) {
            let parts = row.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            guard parts.count >= 7 else { continue }
            let names = parts[0].split(separator: "=").map(String.init)
            let sense = Sense(
                reading: parts[1], prior: Double(parts[2]) ?? 0,
                tags: parts[3].split(separator: " ").map(String.init), previous: expanded(parts[4]),
                next: expanded(parts[5]), near: expanded(parts[6...].joined(separator: " ")),
                form: names.count > 1 ? names[1] : nil)
            all[names[0], default: []].append(sense)
        }
        return all
    }()

    private static func expanded(_ words: String) -> Set<String> {
        var out: Set<String> = []
        for word in set(words) { out.formUnion(classes[word] ?? [word]) }
        return out
    }

    /// word|reading|prior|tags|previous|next|near; "word=Form" only in that form.
    private static let rows = """
        read|ɹˈid|1|VB VBP NN|still often minute good quick great long to @modal please let's ^ \
        can't must||every always usually often tomorrow now daily will
        read|ɹˈɛd|0.7|VBD VBN|@have @be he she it #NNP #NN||yesterday ago last once already had \
        was were years morning when
        lead|lˈid|1|VB VBP NN|to @modal i you we they will ^ vocal|to the us them singer role by \
        in into him her actor guitar astray me you a|team game points race way charge choir \
        example company role took singer guitarist investigator
        lead|lˈɛd|0||of @prep as contain contains like any some molten white red|is pipe pipes \
        paint poisoning pencil pencils weight weights bullet bullets acid ore shot apron based \
        exposure levels battery batteries sheet glass mine mines roof shield lined in|metal paint \
        poisoning pipes heavy zinc toxic water copper gasoline mercury pencil balloon dense \
        exposure contaminated melted roof blood x-ray tin cadmium soldiers levels arsenic gold \
        legs cheap dull poisonous element church windows solder fishing sinker glaze pottery \
        ceramic toys drinking pellets
        leads|lˈidz|1||||
        live|lˈɪv|1|VB VBP|to @modal i you we they who people still #NNS ^ where|in at on with to \
        without by here there next near together alone under for with off longer forever out up \
        like|years house apartment city lives long
        live|lˈIv|0|JJ RB|a the is was aired broadcast reported streamed airing reporting \
        streaming went go going are performed recorded perform performing watch sing played play \
        plays playing sang show taped filmed shown|or #NNS grenade lobster music concert show \
        shows broadcast audience wire wires performance bands band album recording stream \
        streaming feed television tv event events coverage ammunition bait animals from chat \
        theater oak on version updates update rounds fire odds birth births lobster \
        lobsters|concert stage broadcast tv television band stream audience studio performance \
        radio album venue show shows fans crowd tour taped recorded
        lives|lˈIvz|0|NNS|@det #JJ of many their our daily ninth||saved lost people save changed
        lives|lˈɪvz|0|VBZ|he she it who #NNP #NN|in at on with near next alone here there for \
        under behind across|
        bass|bˈAs|0|NN JJ|double upright electric stand-up|guitar player line lines clef drum \
        drums solo guitarist voice notes note boost singer amp tuning string strings|guitar music \
        band sang sings drum drums play played plays playing tenor song treble jazz instrument \
        choir amplifier speaker speakers notes singer opera orchestra drummer loud strings \
        baritone
        bass|bˈæs|0|||are were fishing boat tournament pond|fish fishing lake caught catch river \
        sea striped largemouth smallmouth grilled pond trout boat fisherman fried angler hook rod \
        ate sea baked lemon cooked spawning spawn freshwater pan-seared restaurant menu weighed \
        pound
        tear|tˈɪɹ|.6|NN|a single one his her|rolled fell ran duct ducts gas drop drops stained \
        jerker|eye eyes cheek cried crying shed face weep wiped sad single tissue gas wept
        tear|tˈɛɹ|0|VB VBP|to @modal i you we they don't could would wear not ^ muscle ligament \
        cartilage meniscus labral hamstring calf #NNS|down up off apart it the along open through \
        out this that into them in|paper shirt page muscle ligament fabric hole jacket knee pants \
        jeans cloth meniscus envelope wall building letter rotator acl wear sleeve coat lining \
        seam tent sail net dress skirt sofa cushion tire curtain tendon hamstring striker surgery \
        repair patch sewed mend mended dotted perforated strips
        tears|tˈɪɹz|1|NNS|in of to her his into|were of streamed rolled ran fell filled in \
        and|eyes crying cheeks burst face wept joy
        tears|tˈɛɹz|0|VBZ|he she it that never who easily|down up off apart it the along open \
        through|paper shirt fabric muscle easily
        wind|wˈɪnd|1|NN|the strong cold a north high no of|#VBZ #VBD blew blows speed speeds \
        chill turbine turbines power tunnel farm farms gust gusts instruments picked was is \
        howled energy|blew storm rain blow sails cold kite turbine gusts mph trees north weather \
        breeze chilly howling
        wind|wˈInd|0|VB VBP|to @modal and i you they ^ roads trails paths streets rivers #NNS|up \
        down the through your it back around along past into a its his her||clock watch road path \
        yarn river toy thread bobbin wool spool string rope mountain trail music streets crank
        winds|wˈɪndz|1|NNS|strong high the gusty trade||blew storm mph rain gusts hurricane
        winds|wˈIndz|0|VBZ|it river road path trail stream he she that #NN|through down up its \
        along around past|road river path trail clock
        wound|wˈund|1|NN|to @modal a the his her gunshot open stab flesh deep head knife this \
        knee leg||healed bandage bleeding blood stitches infected gauze doctor nurse infection \
        bleed cleaned heal hospital soldier surgeon salt knife bullet bandaged pride feelings \
        shot
        wound|wˈWnd|0|VBD VBN|he she it i they we was been had path road river trail is tightly \
        #NN #NNP #NNS|up around down through its the it back along|gauze tightly clock watch road \
        path river yarn rope trail wire thread bobbin spool scarf string valley
        bow|bˈO|1|NN|red hair pink ribbon violin ' long cross|and tie ties window windows legged \
        hunting|arrow arrows tie ribbon hair violin cello archer gift string strings hunter \
        present rosin shot target knot fiddle wrapped christmas
        bow|bˈW|0|VB VBP|to @modal took take takes taking ship's deep final they must i|to down \
        before out his her your of head heads||ship audience king queen curtain actor actors \
        stage boat stern applause sailor hull deck stood captain iceberg icebergs canoe ferry \
        vessel sail yacht bowed head ducked respect japan low knees waves emperor
        bows|bˈOz|1|NNS||and|arrows ribbons hair gifts tie violins
        bows|bˈWz|0|VBZ NNS|he she it deep their took final|to down before out his her|audience \
        applause stage ship king
        bowed|bˈWd|1|||to down before out his her|
        row|ɹˈO|2|||boat house of|boat seats seat front houses corn oars column lake river crew \
        table database win
        row|ɹˈW|0||blazing furious terrible noisy awful heated bitter domestic political \
        diplomatic flaming huge|erupted broke over about between with|neighbours neighbors \
        shouting argument couple quarrel angry minister parliament erupted making noise racket \
        asleep yelling
        rowing|ɹˈOɪŋ|2||the|boat machine team club|boat river lake oars crew
        rowing|ɹˈWɪŋ|0||were was constantly always|again about over|shouting couple neighbours \
        neighbors parents quarrelling money arguing
        sow|sˈO|1|VB VBP|to @modal i you we they ^ farmers and will #NNS|distrust doubt doubts \
        confusion division divisions chaos fear discord panic dissent terror the seeds seed \
        oats|seeds seed oats field garden wheat plant spring soil crops discord reap grain barley \
        flowers corn doubt crop doubts plow fields lettuce
        sow|sˈW|0|NN|a the mother old fat that this our pregnant her large prize|and gave was had \
        is lay fed has nursed|pig piglets pigs litter farm pen barn boar pork mud sty farmer \
        straw
        dove|dˈʌv|1|NN|a the white turtle mourning gray||bird peace white cooed olive wings coo \
        branch flew cage released feather nest soap symbol
        dove|dˈOv|0|VBD VBN VBP VB|he she they i we it who then quickly and #NNP swimmer kids \
        player goalkeeper goalie plane submarine #NN|#RB into in off under for deep to down from \
        straight right headfirst below behind over on onto after|pool water swimming ocean lake \
        board cliff ball wreck headfirst sea catch hawk underwater swam cover reef plunged
        minute|mˈɪnət|.9|NN|a one two three four fifteen twenty thirty every last per the this \
        each any another ten five||wait hour seconds clock
        minute|mInˈut|0|JJ|@be in so very these such most extremely|#NNS details detail amounts \
        amount traces particles quantities differences changes fraction quantity fragments \
        variations cracks crack grains organisms particle doses scratches organism creatures \
        insects speck trace amount quantity difference change particle|microscope tiny particles \
        difference detail details amount amounts quantity quantities fraction trace traces crack \
        cracks
        content|kˈɑntɛnt|1|NN NNS|the its online digital this of video alcohol web fat water \
        original user more new social quality our sugar table mineral educational some free \
        moisture iron our whose|of was is creator creators marketing management on about \
        for||website online media page video article create upload posted blog internet creator
        content|kəntˈɛnt|0.5|JJ VB|to @be felt feel seemed seem perfectly quite happy looked look \
        and himself herself themselves remain remained sounded seems was fully very never more \
        entirely completely not feeling stay|with to yourself myself itself oneself ourselves and \
        himself herself themselves just , . sigh|happy smiled life cat sat purred peaceful
        polish=Polish|pˈOlɪʃ|1||||
        polish=Polish|pˈɑlɪʃ|-3||^|the your it up until each all his her my with off this that \
        them|silver shoes shoe nails nail furniture boots brass cloth
        polish=polish|pˈɑlɪʃ|1||||
        polish=POLISH|pˈɑlɪʃ|1||||
        sewer|sˈuəɹ|1.4|||system line pipe pipes rat rats grate main lines drain water|rats pipe \
        system city water drain underground smell waste street manhole sewage
        sewer|sˈOəɹ|0||skilled experienced talented good expert professional avid beginner best \
        careful slow fast neat||needle thread fabric dress stitch stitches sewing machine quilt \
        pattern seams dresses cloth embroidery garment sew cotton polyester quilting seam hem \
        patterns tailor dressmaker costume costumes zipper blouse
        job=Job|ʤˈOb|0|NNP|of biblical patient , faithful|'s was lost|book bible god patience \
        psalms suffering biblical faith testament old satan proverbs suffered righteous scripture
        job=Job|ʤˈɑb|1||the a your good great nice new steve his her ^|interview opening openings \
        market title seekers well security done fair corps|
        job=job|ʤˈɑb|1||||
        job=JOB|ʤˈɑb|1||||
        august=August|ˈɔɡəst|1||||
        august=AUGUST|ˈɔɡəst|1||||
        august=august|ɔɡˈʌst|1||an the most||
        number|nˈʌmbəɹ|2||||
        number|nˈʌməɹ|0|JJR|grew felt became feel growing got get feels grow fingers getting toes \
        grows hands much even any feeling|than and as|cold fingers toes hands numb feet winter \
        legs ice bath tired face arm foot sat longer frozen lips novocaine leg anesthetic \
        tingling
        does|dˈʌz|3||||
        does|dˈOz|0|NNS|two three four several some the young many female of five|and grazed were \
        in with grazing graze|hunters shoot shot bucks startled woods fence deer bucks buck fawns \
        fawn stags herd forest meadow hunter stag antlers grazing hunting
        close|klˈOs|1|JJ RB|@be so very too how really a the stay came come got get pretty in as \
        quite up keep stayed stood sat sit remain extremely not that|to friend friends by call \
        relative relatives together enough game race attention behind range quarters contact \
        second look proximity family ties relationship finish at in watch up-and-personal cousin \
        knit shave match|friends distance near brother sister nearby
        close|klˈOz|0|VB VBP NN|to @modal i you we they please it ^ and don't at #NNS shops \
        stores banks store shop the's market they'll he|of the your his her my our their its down \
        up off it that this all in at on out early soon for a those with when|door window eyes \
        shop store deal account open lid gate curtains factory midnight hours market schools \
        o'clock business early shops trading trade bell auction schools banks year
        closer|klˈOsəɹ|2||||
        closer|klˈOzəɹ|0|NN|ace relief star team's their|pitched|inning pitcher bullpen deal \
        baseball ninth
        invalid|ɪnvˈæləd|1|JJ|is was are an were be password ticket declared considered|password \
        argument email input ticket code vote entry ballot passport card claim data syntax \
        signature token address contract request|password ticket expired error input argument \
        form license
        invalid|ˈɪnvəlɪd|.6|NN|an the elderly old bedridden chronic became become helpless \
        lifelong his her poor an|aunt mother father chair uncle husband wife sister and for who \
        was in could after|unable leave crash stroke treated fussing like bed wheelchair nurse \
        illness care cared accident sick bedridden hospital ward years mother
        august|ɔɡˈʌst|0||||
        axes|ˈæksᵻz|1||||wood chop ax trees lumberjacks tree forest firefighters
        axes|ˈæksiz|0||x y the both vertical horizontal coordinate of||graph plot coordinate \
        rotation symmetry x y perpendicular chart labels
        bases|bˈAsᵻz|1||the military loaded stolen all army air||baseball military loaded runner \
        ran navy troops team touched
        bases|bˈAsiz|0||and nucleotide|pair|acids acid dna theory knowledge philosophical
        resume|ɹəzˈum|1|VB VBP|to @modal will and ^ talks they|the work their play normal|
        resume|ɹˈɛzəmˌA|0|NN|a my your his her the updated on their||job cover letter interview \
        experience employer skills hiring apply career send sent applicant employers
        moped|mˈOpˌɛd|1||a the his her my electric||rode ride scooter street helmet parked
        moped|mˈOpt|0|VBD|he she they i and just #NN #NNS #NNP|around about in by for all indoors \
        at|sad around house days lost disappointed
        buffet|bəfˈA|1|NN|a the||food lunch breakfast dinner eat table restaurant
        buffet|bˈʌfət|0|VB VBP|to winds waves storms #NNS|the||winds waves storm coast
        nice=Nice|nˈis|0|NNP|in to from of near|, 's|france french riviera cannes monaco airport \
        flew paris côte marseille mediterranean
        nice=Nice|nˈIs|1||^|to work job day try|
        nice=nice|nˈIs|1||||
        reading=Reading|ɹˈɛdɪŋ|0|NNP|in to from at near of|, station railroad festival \
        pennsylvania fc university|england berkshire london pennsylvania station train festival \
        oxford
        reading=Reading|ɹˈidɪŋ|1||^|is a the books was and|
        reading=reading|ɹˈidɪŋ|1||||
        learned|lˈɜɹnd|1|VBD VBN|@have he she they we i||
        learned|lˈɜɹnᵻd|0|JJ|a the my very most|professor scholar scholars man judge men \
        colleague society friend woman gentleman counsel|
        aged|ˈAʤd|1|VBN||#CD between between from|years
        aged|ˈAʤᵻd|0|JJ|the my his her an their|parents mother father aunt man woman uncle \
        population grandmother grandfather couple relatives and|
        blessed|blˈɛst|1|VBN VBD||with to by|
        blessed|blˈɛsᵻd|0|JJ|the|virgin sacrament mother mary event trinity are is assurance|
        crooked|kɹˈʊkᵻd|1||||
        wicked|wˈɪkᵻd|1||||
        mouth|mˈWθ|1||||
        mobile|mˈObᵊl|1||||phone
        mobile|mˈObˌil|0|NNP|in a baby's hanging|, alabama|alabama crib hung ceiling
        slough|slˈʌf|1|VB|to|off|skin
        slough|slˈu|0|NN|a the||swamp marsh river despond
        putting|pˈʊɾɪŋ|2||||
        putting|pˈʌɾɪŋ|0|||green greens stroke|golf golfer hole tiger
        sake|sˈAk|2||for the||
        sake|sˈɑki|0||drink drank warm hot cold of japanese some||sushi japanese rice drink \
        bottle cup tokyo
        pasty|pˈAsti|1|JJ|||face skin pale
        pasty|pˈæsti|0|NN|a cornish||cornish ate meat oven
        secretive|sˈikɹəɾɪv|1||||
        evening|ˈivnɪŋ|2||||
        lima=Lima|lˈimə|1||||
        lima=lima|lˈImə|1|||bean beans|
        des=Des|də|0|||moines plaines|
        des=Des|dˈɛs|1||||
        re|ɹˈi|1||||
        louis=Louis|lˈui|.5||||
        louis=Louis|lˈuɪs|0||st saint||
        houston=Houston|hjˈustən|1||||
        houston=Houston|hˈWstən|0|||street st|manhattan soho
        los=Los|lɔs|1|||angeles alamos gatos|
        """
}
