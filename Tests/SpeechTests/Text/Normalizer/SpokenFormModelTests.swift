import Testing

@testable import Speech

/// Whole sentences of every class that the normaliser knows, beside what a person says.
@Suite struct SpokenFormModelTests {
    /// A line as it is written ("⏎" ends a line), then the same as it is said.
    private static let table = """
        The train leaves at 6:05 a.m. and arrives at 11:40 p.m.
        the train leaves at six oh five A.M. and arrives at eleven forty P.M.
        Lunch is at 12:30, so come by 12:15.
        lunch is at twelve thirty so come by twelve fifteen
        The meeting starts at 9am sharp.
        the meeting starts at nine A.M. sharp
        We open at 10 AM and close at 5 PM.
        we open at ten A.M. and close at five P.M.
        Her flight lands at 14:05 today.
        her flight lands at fourteen oh five today
        She was born on July 4th, 1976.
        she was born on july fourth nineteen seventy six
        The deadline is 2025-11-30.
        the deadline is november thirtieth twenty twenty five
        Please reply by 12/24/2023.
        please reply by december twenty fourth twenty twenty three
        The shop opened on 5 May 2010.
        the shop opened on the fifth of may twenty ten
        The war ended in 1945, and the wall fell in 1989.
        the war ended in nineteen forty five and the wall fell in nineteen eighty nine
        Music of the 1980s is popular again.
        music of the nineteen eighties is popular again
        He dressed like someone from the '60s.
        he dressed like someone from the sixties
        The conference runs from Jan. 3 to Feb. 12.
        the conference runs from january third to february twelfth
        It happened on Mon., Sept. 9.
        it happened on monday september ninth
        The ticket costs $12.50.
        the ticket costs twelve dollars and fifty cents
        They paid $1,999 for the laptop.
        they paid one thousand nine hundred ninety nine dollars for the laptop
        The company raised $2.5 billion last year.
        the company raised two point five billion dollars last year
        A coffee is £3.20 in London.
        a coffee is three pounds and twenty pence in london
        The hotel was €150 per night.
        the hotel was one hundred fifty euros per night
        I found $0.75 in my pocket.
        i found seventy five cents in my pocket
        The budget grew from $5M to $8M.
        the budget grew from five million dollars to eight million dollars
        It costs $20-$30 a month.
        it costs twenty to thirty dollars a month
        He owes me a $100 bill.
        he owes me a one hundred dollar bill
        The lamp sells for ¥4,500.
        the lamp sells for four thousand five hundred yen
        The bridge is 450 m long and 12 m wide.
        the bridge is four hundred fifty meters long and twelve meters wide
        She ran 10 km in 52 min.
        she ran ten kilometers in fifty two minutes
        The car was going 65 mph.
        the car was going sixty five miles per hour
        Add 250 ml of milk and 2 tbsp of sugar.
        add two hundred fifty milliliters of milk and two tablespoons of sugar
        The box weighs 3.5 kg.
        the box weighs three point five kilograms
        My phone has 128 GB of storage.
        my phone has one hundred twenty eight gigabytes of storage
        The baby was 7 lbs 6 oz.
        the baby was seven pounds six ounces
        The room is 20 ft by 15 ft.
        the room is twenty feet by fifteen feet
        The signal is at 2.4 GHz.
        the signal is at two point four gigahertz
        He is 6'2" tall.
        he is six foot two tall
        The engine makes 300 hp.
        the engine makes three hundred horsepower
        It was -12 °C outside this morning.
        it was minus twelve degrees celsius outside this morning
        Bake it at 350°F for one hour.
        bake it at three hundred fifty degrees fahrenheit for one hour
        Prices rose by 3.7% in May.
        prices rose by three point seven percent in may
        Between 10% and 15% of people agree.
        between ten percent and fifteen percent of people agree
        About 5-10% of the water is lost.
        about five to ten percent of the water is lost
        He finished 3rd in the race and 21st overall.
        he finished third in the race and twenty first overall
        This is the 100th anniversary.
        this is the one hundredth anniversary
        She lives on 42nd Street.
        she lives on forty second street
        The 19th century was a time of change.
        the nineteenth century was a time of change
        Read pages 10-25 before class.
        read pages ten to twenty five before class
        The years 1914–1918 were terrible.
        the years nineteen fourteen to nineteen eighteen were terrible
        Children aged 6–12 may enter.
        children aged six to twelve may enter
        We are open 9:00-17:00 on weekdays.
        we are open nine o'clock to seventeen o'clock on weekdays
        The score was 3-1 at half time.
        the score was three to one at half time
        Add 3/4 cup of flour.
        add three quarters cup of flour
        About 1/3 of the class was sick.
        about one third of the class was sick
        Stir in 1 1/2 teaspoons of salt.
        stir in one and a half teaspoons of salt
        The board is 5 3/8 inches thick.
        the board is five and three eighths inches thick
        He ate ½ of the pizza.
        he ate one half of the pizza
        Only 2/5 of the seats were sold.
        only two fifths of the seats were sold
        Call me at 555-0199.
        call me at five five five zero one nine nine
        Our number is (212) 555-0147.
        our number is two one two five five five zero one four seven
        Dial +1 415 555 2671 for help.
        dial plus one four one five five five five two six seven one for help
        In an emergency, call 911.
        in an emergency call nine one one
        The hotline is 1-800-555-0100.
        the hotline is one eight hundred five five five zero one zero zero
        World War II began in 1939.
        world war two began in nineteen thirty nine
        King Henry VIII had six wives.
        king henry the eighth had six wives
        Read Chapter XII tonight.
        read chapter twelve tonight
        Queen Elizabeth II met Pope John Paul II.
        queen elizabeth the second met pope john paul the second
        Rocky IV is my favorite movie.
        rocky four is my favorite movie
        Dr. Brown and Mrs. Lee met Prof. Adams.
        doctor brown and Mrs lee met professor adams
        He lives on Elm St. near Park Ave.
        he lives on elm street near park avenue
        Bring fruit, e.g., apples and pears.
        bring fruit E.G. apples and pears
        The team vs. the champions was a great game.
        the team versus the champions was a great game
        Smith & Sons Ltd. was founded in Boston.
        smith and sons limited was founded in boston
        Mt. Everest is the highest mountain.
        mount everest is the highest mountain
        Martin Luther King Jr. gave the speech.
        martin luther king junior gave the speech
        NASA and the FBI opened an office in the USA.
        nasa and the F.B.I. opened an office in the U.S.A.
        The CEO spoke on CNN about AI.
        the C.E.O. spoke on C.N.N. about A.I.
        Save the file as a PDF or a JPEG.
        save the file as a P.D.F. or a jpeg
        The U.S. and the U.K. signed a treaty.
        the U.S. and the U.K. signed a treaty
        My laptop uses USB and HDMI cables.
        my laptop uses U.S.B. and H.D.M.I. cables
        Write to anna.lee@example.com for details.
        write to anna dot lee at example dot com for details
        Visit www.example.org today.
        visit W.W.W. dot example dot org today
        The page is https://example.com/help.
        the page is example dot com slash help
        Contact support@my-shop.net now.
        contact support at my dash shop dot net now
        Tag your photo with #SummerVibes.
        tag your photo with hashtag summer vibes
        She is number 1 in the #fitness group.
        she is number one in the hashtag fitness group
        Follow @janedoe for more.
        follow at jane doe for more
        Install version 2.10.3 of the program.
        install version two point ten point three of the program
        The update to iOS 17.2 is ready.
        the update to I.O.S. seventeen point two is ready
        We moved from Python 2.7 to 3.12.
        we moved from python two point seven to three point one two
        1. Open the box.⏎2. Remove the foam.⏎3. Press the button.
        one open the box two remove the foam three press the button
        Choose 1, 2, or 3.
        choose one two or three
        The star is 4,200,000,000 miles away.
        the star is four billion two hundred million miles away
        The total is 942,645,086.
        the total is nine hundred forty two million six hundred forty five thousand eighty six
        It has 1,000,000 users.
        it has one million users
        We know that 2 + 2 = 4.
        we know that two plus two equals four
        The area is 5 × 6 = 30.
        the area is five times six equals thirty
        If x > 3, then x² > 9.
        if X greater than three then X squared greater than nine
        Ten ÷ 2 is 5.
        ten divided by two is five
        The answer is 3.14159.
        the answer is three point one four one five nine
        Flight BA 2490 boards at gate B12.
        flight [B](/bi/) [A](/A/) twenty four ninety boards at gate [B](/bi/) twelve
        The code is A1B2.
        the code is [A](/A/) one [B](/bi/) two
        He scored 98/100 on the test.
        he scored ninety eight out of one hundred on the test
        She's the no. 1 player in the world.
        she's the number one player in the world
        I'm 5'9 and my brother is 6 ft.
        i'm five foot nine and my brother is six feet
        """

    static let sentences: [(String, String)] = {
        let lines = table.split(separator: "\n").map { $0.split(separator: "⏎") }
        return stride(from: 0, to: lines.count - 1, by: 2).map {
            (lines[$0].joined(separator: "\n"), lines[$0 + 1].joined(separator: "\n"))
        }
    }()

    /// Both are read; what is compared is the sounds, without pauses, gaps and stress.
    @Test("a sentence sounds like its spoken form", arguments: sentences)
    func sounds(_ pair: (String, String)) throws {
        let front = try Voice.front()
        #expect(try sounds(pair.0, front) == sounds(pair.1, front))
    }

    private func sounds(_ text: String, _ front: FrontEnd) throws -> String {
        var cutter = SentenceSplitter(try front.cleaner.cleaned(text), rules: front.tables.rules)
        var out = ""
        while let sentence = cutter.next() {
            for word in try front.words(sentence.text) { out += word.phonemes }
        }
        return String(
            out.unicodeScalars.filter { $0.isLetter && !"ˈˌ".unicodeScalars.contains($0) })
    }
}
