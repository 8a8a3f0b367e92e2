"""By what the user agents of machines are recognised: marks found in them, folded.

A mark must not stand in the user agent of any browser that people use: "bot" alone is not one
(there are telephones called Cubot), nor are the names of makers of virus scanners who have
browsers of their own.
"""

MAIL_SECURITY = """
    abnormal security
    appriver
    avanan
    barracuda
    bingpreview
    checkpoint
    cisco-ironport
    clamav
    cloudmark
    cyren
    fireeye
    forcepoint
    fortiguard
    fortimail
    googleimageproxy
    hornetsecurity
    ironport
    kaspersky
    mailguard
    mailscanner
    messagelabs
    mimecast
    netskope
    nospamproxy
    paloaltonetworks
    palo alto networks
    phishtank
    proofpoint
    retarus
    safelinks
    sophos
    spamassassin
    spamtitan
    symantec
    trellix
    trendmicro
    trend micro
    urldefense
    urlscan
    vadesecure
    virustotal
    websense
    yahoomailproxy
    zscaler
"""

LINK_CHECKERS = """
    deadlink
    discordbot
    embedly
    facebookexternalhit
    iframely
    link-checker
    link checker
    linkcheck
    linkedinbot
    linkvalidator
    linkwalker
    microsoftpreview
    pinterestbot
    skypeuripreview
    slackbot
    telegrambot
    twitterbot
    w3c_validator
    whatsapp/
"""

CRAWLERS = """
    +http
    ahrefsbot
    amazonbot
    applebot
    archive.org_bot
    baiduspider
    bingbot
    bytespider
    ccbot
    claudebot
    crawler
    dataforseo
    dotbot
    duckduckbot
    facebookbot
    googlebot
    gptbot
    gtmetrix
    mj12bot
    perplexitybot
    petalbot
    pingdom
    screaming frog
    semrushbot
    site24x7
    slurp
    spider
    statuscake
    uptimerobot
    yandexbot
"""

LIBRARIES = """
    aiohttp
    apache-httpclient
    axios/
    cfnetwork
    curl/
    faraday
    go-http-client
    guzzlehttp
    httpie
    httpunit
    httrack
    insomnia/
    jakarta commons
    java/
    libwww-perl
    node-fetch
    okhttp
    postmanruntime
    powershell
    python-httpx
    python-requests
    python-urllib
    python/
    reqwest
    restsharp
    scrapy
    typhoeus
    undici
    wget
    winhttp
"""

HEADLESS = """
    headless
    htmlunit
    jsdom
    lighthouse
    phantomjs
    playwright
    prerender
    puppeteer
    selenium
    slimerjs
    webdriver
"""

MARKS = tuple(
    mark.strip()
    for family in (MAIL_SECURITY, LINK_CHECKERS, CRAWLERS, LIBRARIES, HEADLESS)
    for mark in family.strip().splitlines()
)
